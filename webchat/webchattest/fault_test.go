package webchattest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// outcome is what a client and the server see of one create.
type outcome struct {
	status      int // 0: no reply
	contentType string
	retryAfter  string
	location    string
	json        bool // the body is whole JSON
	made        int  // contacts
}

func createOver(ctx context.Context, client *http.Client, url string) (status int, header http.Header, body []byte, err error) {
	form := `{"name":"Alice","inboxes":` + defaultForm + `}`
	request, err := http.NewRequestWithContext(ctx, "POST", url+"/api/contacts/", strings.NewReader(form))
	if err != nil {
		return 0, nil, nil, err
	}
	request.Header.Set("Authorization", "Api-Key "+DefaultAPIKey)
	request.Header.Set("Content-Type", "application/json")
	reply, err := client.Do(request)
	if err != nil {
		return 0, nil, nil, err
	}
	defer reply.Body.Close()
	body, err = io.ReadAll(io.LimitReader(reply.Body, 1<<20))
	return reply.StatusCode, reply.Header, body, err
}

func newClient(client *http.Client) *http.Client {
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client
}

var kindTests = []struct {
	fault Fault
	want  outcome
}{
	{Fault{Kind: Slow, Delay: 20 * time.Millisecond}, outcome{201, typeJSON, "", "", true, 1}},
	{Fault{Delay: time.Millisecond}, outcome{201, typeJSON, "", "", true, 1}},
	{Fault{Kind: Refuse}, outcome{503, typeJSON, "", "", true, 0}},
	{Fault{Kind: Refuse, Status: 403, RetryAfter: "5"}, outcome{403, typeJSON, "5", "", true, 0}},
	{Fault{Kind: Refuse, Status: 400, Body: `{"name":["No."]}`}, outcome{400, typeJSON, "", "", true, 0}},
	{Fault{Kind: HTML}, outcome{502, typeHTML, "", "", false, 0}},
	{Fault{Kind: HTML, Status: 200}, outcome{200, typeHTML, "", "", false, 0}},
	{Fault{Kind: TooMany}, outcome{429, typeJSON, "1", "", true, 0}},
	{Fault{Kind: TooMany, RetryAfter: "Sun, 22 Nov 2026 12:00:00 GMT"}, outcome{429, typeJSON, "Sun, 22 Nov 2026 12:00:00 GMT", "", true, 0}},
	{Fault{Kind: Redirect}, outcome{307, typeHTML, "", "http://elsewhere.invalid/api/contacts/", false, 0}},
	{Fault{Kind: Redirect, Status: 302}, outcome{302, typeHTML, "", "http://elsewhere.invalid/api/contacts/", false, 0}},
	{Fault{Kind: CutBefore}, outcome{0, "", "", "", false, 0}},
	{Fault{Kind: CommitThenCut}, outcome{0, "", "", "", false, 1}},
	{Fault{Kind: CommitThenHTML}, outcome{502, typeHTML, "", "", false, 1}},
	{Fault{Kind: CommitThenHTML, Status: 504}, outcome{504, typeHTML, "", "", false, 1}},
	{Fault{Kind: Truncated}, outcome{201, typeJSON, "", "", false, 1}},
	{Fault{Kind: WrongJSON}, outcome{201, typeJSON, "", "", true, 1}},
	{Fault{Kind: Endless}, outcome{201, typeJSON, "", "", false, 1}},
}

func TestKinds(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
		for _, test := range kindTests {
			s := newSimulation(t, Options{})
			server := httptest.NewUnstartedServer(s)
			server.EnableHTTP2 = protocol == "HTTP/2.0"
			server.StartTLS()
			s.Inject(test.fault)
			status, header, body, err := createOver(t.Context(), newClient(server.Client()), server.URL)
			got := outcome{
				status, header.Get("Content-Type"), header.Get("Retry-After"), header.Get("Location"),
				json.Valid(body), len(s.Contacts()),
			}
			if got != test.want || (err != nil) != (status == 0) {
				t.Errorf("%s %s: %+v, want %+v (%v)", protocol, test.fault.Kind, got, test.want, err)
			}
			if test.fault.Body != "" && string(body) != test.fault.Body {
				t.Errorf("body %s", body)
			}
			if test.fault.Kind == WrongJSON {
				var c struct{ ID string }
				if json.Unmarshal(body, &c) == nil {
					t.Errorf("WrongJSON has a right id: %s", body)
				}
			}
			server.CloseClientConnections()
			s.Close()
			server.Close()

			r := s.Requests()
			kind := test.fault.Kind
			if kind == "" {
				kind = Slow
			}
			if len(r) != 1 || r[0].Status != status || r[0].Fault != string(kind) || (r[0].ContactID != "") != (test.want.made == 1) {
				t.Errorf("%s %s: recorded %+v", protocol, kind, r)
			}
		}
	}
}

func TestHangs(t *testing.T) {
	t.Parallel()
	for kind, made := range map[Kind]int{Hang: 0, CommitThenHang: 1} {
		server := NewServer(Options{})
		server.Inject(Fault{Kind: kind, Operation: CreateContact})
		ask := func(ctx context.Context) <-chan error {
			failed := make(chan error, 1)
			go func() {
				_, _, _, err := createOver(ctx, http.DefaultClient, server.URL)
				failed <- err
			}()
			return failed
		}
		reached := func(requests int) {
			t.Helper()
			deadline := time.Now().Add(20 * time.Second)
			for server.Count(CreateContact) < requests || len(server.Contacts()) < requests*made {
				if time.Now().After(deadline) {
					t.Fatalf("%s: %d requests, %d contacts", kind, server.Count(CreateContact), len(server.Contacts()))
				}
				time.Sleep(time.Millisecond)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		failed := ask(ctx)
		reached(1)
		cancel()
		if err := <-failed; !errors.Is(err, context.Canceled) || len(server.Contacts()) != made {
			t.Errorf("%s: %v, %d contacts", kind, err, len(server.Contacts()))
		}

		// Close lets go of those that are still waiting.
		failed = ask(context.WithoutCancel(t.Context()))
		reached(2)
		server.Close()
		if err := <-failed; err == nil {
			t.Errorf("%s: a reply came from a closed server", kind)
		}
	}
}

// A client that gives up does not undo what the server goes on with.
func TestSlowCommitsAfterTheClientLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSimulation(t, Options{})
		s.Inject(Fault{Kind: Slow, Delay: time.Minute})
		ctx, cancel := context.WithCancel(t.Context())
		go do(s, "POST", "/api/contacts/", `{"name":"A","inboxes":`+defaultForm+`}`)
		r := newRequest("POST", "/api/contacts/", `{"name":"B","inboxes":`+defaultForm+`}`).WithContext(ctx)
		go s.ServeHTTP(httptest.NewRecorder(), r)
		time.Sleep(59 * time.Second)
		cancel()
		synctest.Wait()
		if n := len(s.Contacts()); n != 0 {
			t.Errorf("%d contacts before the delay is over", n)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if n := len(s.Contacts()); n != 2 {
			t.Errorf("%d contacts after the delay, want 2", n)
		}
	})
}

func TestCloseEndsDelays(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{})
	s.Inject(Fault{Kind: Slow, Delay: time.Hour})
	s.Close()
	s.Close()
	defer func() {
		if recover() != http.ErrAbortHandler || len(s.All()) != 0 {
			t.Error("the request was not abandoned")
		}
	}()
	do(s, "POST", "/api/contacts/", `{"name":"A","inboxes":`+defaultForm+`}`)
}

func TestWhichRequestsAreHit(t *testing.T) {
	t.Parallel()
	list := func(s *Simulation) int { return do(s, "GET", "/api/contacts/", "").Code }
	statuses := func(s *Simulation, n int) (codes []int) {
		for range n {
			codes = append(codes, list(s))
		}
		return codes
	}
	for name, test := range map[string]struct {
		faults []Fault
		want   [6]int
	}{
		"always":              {[]Fault{{Kind: Refuse}}, [6]int{503, 503, 503, 503, 503, 503}},
		"times":               {[]Fault{{Kind: Refuse, Times: 2}}, [6]int{503, 503, 200, 200, 200, 200}},
		"after":               {[]Fault{{Kind: Refuse, After: 4}}, [6]int{200, 200, 200, 200, 503, 503}},
		"after, times":        {[]Fault{{Kind: Refuse, After: 1, Times: 2}}, [6]int{200, 503, 503, 200, 200, 200}},
		"its operation":       {[]Fault{{Kind: Refuse, Operation: ListContacts, Times: 1}}, [6]int{503, 200, 200, 200, 200, 200}},
		"other operation":     {[]Fault{{Kind: Refuse, Operation: CreateContact}}, [6]int{200, 200, 200, 200, 200, 200}},
		"first that fits":     {[]Fault{{Kind: Refuse, Operation: GetContact}, {Kind: TooMany}, {Kind: HTML}}, [6]int{429, 429, 429, 429, 429, 429}},
		"one after the other": {[]Fault{{Kind: TooMany, Times: 1}, {Kind: HTML, Times: 2}, {Kind: Refuse, Times: 1}}, [6]int{429, 502, 502, 503, 200, 200}},
		"match":               {[]Fault{{Kind: Refuse, Match: func(*http.Request, []byte) bool { return false }}}, [6]int{200, 200, 200, 200, 200, 200}},
	} {
		s := newSimulation(t, Options{})
		for _, f := range test.faults {
			s.Inject(f)
		}
		if got := [6]int(statuses(s, 6)); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
		s.ClearFaults()
		if got := list(s); got != 200 {
			t.Errorf("%s: %d after clearing", name, got)
		}
	}

	s := newSimulation(t, Options{})
	remove := s.Inject(Fault{Kind: Refuse})
	other := s.Inject(Fault{Kind: HTML})
	remove()
	remove()
	if got := list(s); got != 502 {
		t.Errorf("removing one removed another: %d", got)
	}
	other()

	// Match sees the request and its body, and may use the Simulation.
	s.Inject(Fault{Kind: Refuse, Match: func(r *http.Request, body []byte) bool {
		return len(s.Contacts()) == 0 && r.Method == "POST" && strings.Contains(string(body), "Bob")
	}})
	if list(s) != 200 || do(s, "POST", "/api/contacts/", `{"name":"Bob"}`).Code != 503 || do(s, "POST", "/api/contacts/", `{"name":"Al"}`).Code != 400 {
		t.Error("Match is not asked")
	}

	// The rate is about right, and the same in every run.
	hits := func() (n int) {
		s := newSimulation(t, Options{})
		s.Inject(Fault{Kind: Refuse, Rate: 0.25})
		for _, code := range statuses(s, 1000) {
			if code == 503 {
				n++
			}
		}
		return n
	}
	if a, b := hits(), hits(); a != b || a < 200 || a > 300 {
		t.Errorf("a rate of a quarter hits %d and %d of 1000", a, b)
	}
}

func TestFaultsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for _, fault := range []Fault{
		{}, {Kind: "sloww"}, {Kind: Refuse, Operation: "create"}, {Kind: Refuse, After: -1}, {Kind: Refuse, Times: -1},
		{Kind: Slow, Delay: -1}, {Kind: Refuse, Rate: 2}, {Kind: Refuse, Rate: -0.1}, {Kind: Refuse, Status: 42},
		{Kind: LateLanding},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v is accepted", fault)
				}
			}()
			newSimulation(t, Options{}).Inject(fault)
		}()
	}
}

func TestFaultsLeaveTheRestAlone(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, Options{})
	s.Inject(Fault{Kind: Refuse})
	chat := "/web-chats/" + DefaultWebChatID
	for path, want := range map[string]int{"/js/embed.min.js": 200, chat: 200, "/api/contacts/": 503, "/api/inboxes/": 503} {
		if w := do(s, "GET", path, ""); w.Code != want {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if w := do(s, "POST", chat+"/session", "{}"); w.Code != 200 {
		t.Errorf("session: %d", w.Code)
	}
	s.ClearFaults()
	s.Inject(Fault{Kind: Refuse, Operation: ChatSession})
	if w := do(s, "POST", chat+"/session", "{}"); w.Code != 503 || w.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("session: %d %v", w.Code, w.Header())
	}
}

// A delete has no body to spoil, and must not become one that is malformed.
func TestSpoiledDelete(t *testing.T) {
	t.Parallel()
	for kind, want := range map[Kind]int{Truncated: 204, WrongJSON: 200, CommitThenHTML: 502} {
		s := newSimulation(t, Options{})
		id := create(t, s, "A").ID
		s.Inject(Fault{Kind: kind})
		w := do(s, "DELETE", "/api/contacts/"+id+"/", "")
		if w.Code != want || len(s.Contacts()) != 0 {
			t.Errorf("%s: %d, %d contacts", kind, w.Code, len(s.Contacts()))
		}
	}
}
