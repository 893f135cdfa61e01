package webchattest_test

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/maicontact/maicontact/webchat/webchattest"
)

// A contact is created by plain HTTP. The reply is lost, and yet it is there.
func Example() {
	maiagent := webchattest.NewServer(webchattest.Options{})
	defer maiagent.Close()
	maiagent.Inject(webchattest.Fault{
		Operation: webchattest.CreateContact,
		Kind:      webchattest.CommitThenHTML,
		Times:     1,
	})

	body := `{"name": "Alice Chen", "inboxes": [{"id": "` + webchattest.DefaultInboxID + `"}], "sourceId": "member-1"}`
	for range 2 {
		request, err := http.NewRequest(http.MethodPost, maiagent.BaseURL()+"contacts/", strings.NewReader(body))
		if err != nil {
			fmt.Println(err)
			return
		}
		request.Header.Set("Authorization", "Api-Key "+webchattest.DefaultAPIKey)
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			fmt.Println(err)
			return
		}
		response.Body.Close()
		fmt.Println("status:", response.StatusCode)
	}

	for _, contact := range maiagent.Contacts() {
		fmt.Println("contact:", contact.Name, contact.SourceID)
	}
	fmt.Println("asked:", maiagent.Count(webchattest.CreateContact), "times")

	// Output:
	// status: 502
	// status: 400
	// contact: Alice Chen member-1
	// asked: 2 times
}

// The list is throttled until the fault is removed.
func ExampleSimulation_Inject() {
	maiagent := webchattest.NewServer(webchattest.Options{})
	defer maiagent.Close()

	remove := maiagent.Inject(webchattest.Fault{
		Operation:  webchattest.ListContacts,
		Kind:       webchattest.TooMany,
		RetryAfter: "30",
	})
	list := func() {
		request, err := http.NewRequest(http.MethodGet, maiagent.BaseURL()+"contacts/", nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		request.Header.Set("Authorization", "Api-Key "+webchattest.DefaultAPIKey)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			fmt.Println(err)
			return
		}
		response.Body.Close()
		fmt.Printf("%d %q\n", response.StatusCode, response.Header.Get("Retry-After"))
	}
	list()
	remove()
	list()

	// Output:
	// 429 "30"
	// 200 ""
}
