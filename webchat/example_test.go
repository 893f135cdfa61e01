package webchat_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/maicontact/maicontact/webchat"
)

// service stands in for MaiAgent in the examples. For tests of your own, use
// the package webchattest.
func service() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		const contact = `{"id":"5b9f3a52-7d0c-4b0e-9a3e-1f2d3c4b5a69","name":"Ada","sourceId":"shop:member:42"}`
		switch {
		case r.Method == http.MethodPost:
			w.WriteHeader(http.StatusConflict)
			fmt.Fprint(w, `{"sourceId":["already exists"]}`)
		case r.URL.Path == "/api/contacts/":
			fmt.Fprint(w, `{"count":1,"next":null,"previous":null,"results":[`+contact+`]}`)
		default:
			fmt.Fprint(w, contact)
		}
	}))
}

func ExampleClient_Create() {
	maiagent := service()
	defer maiagent.Close()
	client, err := webchat.NewClient(webchat.Config{BaseURL: maiagent.URL, APIKey: "mai_0123456789"})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	draft := webchat.Draft{
		InboxID:  "11111111-2222-4333-8444-555555555555",
		SourceID: "shop:member:42",
		Profile:  webchat.Profile{Name: "Ada", Email: "ada@example.com"},
	}
	contact, err := client.Create(ctx, draft)
	var failure *webchat.Error
	if errors.As(err, &failure) && (failure.Unknown || errors.Is(err, webchat.ErrExists)) {
		// It exists, or may exist: look before creating again.
		found, err := client.FindBySourceID(ctx, draft.InboxID, draft.SourceID, nil)
		if err != nil || len(found) == 0 {
			fmt.Println("not found", err)
			return
		}
		contact = found[0]
	}
	fmt.Println(contact.ID, contact.Profile.Name)
	// Output: [contact id] Ada
}

func ExampleClient_Replace() {
	maiagent := service()
	defer maiagent.Close()
	client, err := webchat.NewClient(webchat.Config{BaseURL: maiagent.URL, APIKey: "mai_0123456789"})
	if err != nil {
		fmt.Println(err)
		return
	}
	id, err := webchat.ParseContactID("5b9f3a52-7d0c-4b0e-9a3e-1f2d3c4b5a69")
	if err != nil {
		fmt.Println(err)
		return
	}
	access, err := webchat.Permissions{
		KnowledgeBases: []webchat.KnowledgeBase{{ID: "22222222-2222-4333-8444-555555555555", All: true}},
	}.QueryMetadata()
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Replace(context.Background(), id, webchat.Draft{
		InboxID:  "11111111-2222-4333-8444-555555555555",
		SourceID: "shop:member:42",
		Profile:  webchat.Profile{Name: "Ada", Phone: "+44 20 7946 0000", QueryMetadata: access},
	})
	switch {
	case errors.Is(err, webchat.ErrNotFound):
		fmt.Println("the contact is gone")
	case err != nil:
		fmt.Println(err)
	default:
		fmt.Println("replaced")
	}
	// Output: replaced
}

func ExampleWidget_Config() {
	widget := webchat.Widget{
		WebChatID: "33333333-2222-4333-8444-555555555555",
		Options:   webchat.Options{PrimaryColor: "#1890ff"},
	}
	if err := widget.Validate(); err != nil {
		fmt.Println(err)
		return
	}
	id, err := webchat.ParseContactID("5b9f3a52-7d0c-4b0e-9a3e-1f2d3c4b5a69")
	if err != nil {
		fmt.Println(err)
		return
	}
	config, err := widget.Config(id, webchat.Options{Extra: map[string]any{"locale": "</script>"}})
	fmt.Printf("%s %v\n", config, err)
	// Output: {"webChatId":"33333333-2222-4333-8444-555555555555","baseUrl":"https://chat.maiagent.ai/web-chats","contactId":"5b9f3a52-7d0c-4b0e-9a3e-1f2d3c4b5a69","locale":"\u003c/script\u003e","primaryColor":"#1890ff"} <nil>
}
