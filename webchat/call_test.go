package webchat

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// step is what one attempt came to, without its duration.
type step struct {
	Operation       string
	Status, Attempt int
	Outcome         Outcome
}

type operation struct {
	name string
	call func(context.Context, *Client) error
}

var operations = []operation{
	{opCreate, func(ctx context.Context, c *Client) error { _, err := c.Create(ctx, testDraft()); return err }},
	{opGet, func(ctx context.Context, c *Client) error { _, err := c.Get(ctx, testID); return err }},
	{opReplace, func(ctx context.Context, c *Client) error { _, err := c.Replace(ctx, testID, testDraft()); return err }},
	{opDelete, func(ctx context.Context, c *Client) error { return c.Delete(ctx, testID) }},
	{opFind, func(ctx context.Context, c *Client) error {
		_, err := c.FindBySourceID(ctx, testInbox, testSource, nil)
		return err
	}},
}

// TestOutcomeOfEveryStatus walks every operation through every kind of failure
// and compares the whole outcome: attempts, and what the error says to do.
func TestOutcomeOfEveryStatus(t *testing.T) {
	t.Parallel()
	type want struct {
		attempts           int
		outcome            Outcome
		retryable, unknown bool
	}
	var (
		refused = want{1, OutcomeRefused, false, false}
		lost    = want{1, OutcomeUnknown, false, true}   // create: may have happened
		later   = want{1, OutcomeUnknown, true, true}    // may have happened, harmless to repeat later
		again   = want{3, OutcomeUnknown, true, true}    // the same, and repeated at once
		failed  = want{3, OutcomeFailed, true, false}    // not done
		once    = want{1, OutcomeFailed, true, false}    // not done, not repeated at once
		done    = want{1, OutcomeOK, false, false}       // success
		noted   = want{1, OutcomeFailed, true, false}    // a read that made no sense
		fine    = []want{lost, noted, done, done, noted} // a bad body with a 2xx status
	)
	html := answer(http.StatusBadGateway, "text/html", "<h1>Bad Gateway</h1>")
	tests := []struct {
		name  string
		reply http.HandlerFunc
		want  []want // in the order of operations: create, get, replace, delete, find
	}{
		{"400", answerJSON(400, `{"email":["bad"]}`), []want{refused, refused, refused, refused, refused}},
		{"401", answerJSON(401, `{"detail":"no"}`), []want{refused, refused, refused, refused, refused}},
		{"404", answerJSON(404, `{"detail":"no"}`), []want{refused, refused, refused, done, refused}},
		{"405", answerJSON(405, `{"detail":"no"}`), []want{refused, refused, {2, OutcomeRefused, false, false}, refused, refused}},
		{"408", answer(408, "text/plain", ""), []want{lost, once, later, later, once}},
		{"409", answerJSON(409, `{}`), []want{refused, refused, refused, refused, refused}},
		{"429", answerJSON(429, `{}`), []want{once, failed, failed, failed, failed}},
		{"500", answer(500, "text/html", "<h1>"), []want{lost, failed, later, later, failed}},
		{"502", html, []want{lost, failed, later, again, failed}},
		{"503", answer(503, "", ""), []want{lost, failed, later, again, failed}},
		{"504", answer(504, "", ""), []want{lost, failed, later, again, failed}},
		{"501", answer(501, "", ""), []want{lost, once, later, later, once}},
		{"200 with HTML", answer(200, "text/html; charset=utf-8", "<h1>Welcome</h1>"), []want{fine[0], fine[1], later, fine[3], fine[4]}},
		{"200 with XML", answer(200, "application/xml", "<a/>"), fine},
		{"200 with nothing", answer(200, "", ""), fine},
		{"200 with half", answerJSON(200, `{"id":"`+testID+`","na`), fine},
		{"200 with null", answerJSON(200, `null`), fine},
		{"200 with a string", answerJSON(200, `"ok"`), fine},
		{"200 without an id", answerJSON(200, `{"name":"x"}`), fine},
		{"200 with a number for an id", answerJSON(200, `{"id":12}`), fine},
		{"200 with a path for an id", answerJSON(200, `{"id":"../../x"}`), fine},
		{"200 with too much", answerJSON(200, `{"id":"`+testID+`","x":"`+strings.Repeat("x", maxReply)+`"}`), fine},
	}
	for _, tt := range tests {
		for i, op := range operations {
			t.Run(tt.name+"/"+op.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					var steps []step
					status := 0
					client := newTestClient(t, "http://localhost", func(c *Config) {
						c.HTTPClient = inMemory(tt.reply)
						c.OnCall = func(_ context.Context, call Call) {
							status = call.Status
							steps = append(steps, step{call.Operation, call.Status, call.Attempt, call.Outcome})
						}
					})
					client.plainPages.Store(true) // asking again for smaller pages is a test of its own
					err := op.call(t.Context(), client)
					w := tt.want[i]
					var wantSteps []step
					for n := range w.attempts {
						wantSteps = append(wantSteps, step{op.name, status, n + 1, w.outcome})
					}
					if !reflect.DeepEqual(steps, wantSteps) {
						t.Errorf("attempts: %v\nwant %v", steps, wantSteps)
					}
					if w.outcome == OutcomeOK {
						if err != nil {
							t.Errorf("got %v", err)
						}
						return
					}
					e, ok := err.(*Error)
					if !ok || e.Operation != op.name || e.Status != status || e.Retryable != w.retryable || e.Unknown != w.unknown {
						t.Errorf("got %+v, want %+v", err, w)
					}
					if status/100 == 2 && !errors.Is(err, ErrBadReply) {
						t.Errorf("%v is not ErrBadReply", err)
					}
				})
			})
		}
	}
}

func TestSucceedsAfterFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		n := 0
		client := newTestClient(t, "http://localhost", func(c *Config) {
			c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{
				Level: slog.LevelDebug,
				ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
					if a.Key == "time" || a.Key == "duration" {
						return slog.Attr{}
					}
					return a
				},
			}))
			c.HTTPClient = inMemory(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch n++; n {
				case 1:
					answer(502, "text/html", "<h1>")(w, r)
				case 2:
					answerJSON(429, "{}", "Retry-After", "7")(w, r)
				default:
					answerJSON(200, `{"id":"`+testID+`"}`)(w, r)
				}
			}))
		})
		start := time.Now()
		contact, err := client.Get(t.Context(), testID)
		if err != nil || contact.ID != testID {
			t.Fatalf("got %v", err)
		}
		if waited := time.Since(start); waited < 7*time.Second || waited > 8*time.Second {
			t.Errorf("waited %s, want a little over the 7 s that were asked for", waited)
		}
		want := `level=WARN msg="maiagent call" operation=get_contact status=502 attempt=1 outcome=failed error="webchat: get_contact: status 502"
level=WARN msg="maiagent call" operation=get_contact status=429 attempt=2 outcome=failed error="webchat: get_contact: status 429: too many requests; retry after 7s"
level=DEBUG msg="maiagent call" operation=get_contact status=200 attempt=3 outcome=ok
`
		if log.String() != want {
			t.Errorf("log:\n%swant:\n%s", log.String(), want)
		}
	})
}

func TestRetryAfterThatDoesNotFit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := 0
		client := newTestClient(t, "http://localhost", func(c *Config) {
			c.HTTPClient = inMemory(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				n++
				answerJSON(429, `{}`, "Retry-After", "3600")(w, r)
			}))
		})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		_, err := client.Replace(ctx, testID, testDraft())
		e, ok := err.(*Error)
		if !ok || !errors.Is(err, ErrTooManyRequests) || e.RetryAfter != 5*time.Minute || !e.Retryable || e.Unknown {
			t.Errorf("got %+v", err)
		}
		if time.Since(start) != 0 || n != 1 {
			t.Errorf("waited %s, sent %d", time.Since(start), n)
		}
	})
}

func TestWaitIsInterrupted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newTestClient(t, "http://localhost", func(c *Config) {
			c.HTTPClient = inMemory(answerJSON(503, `{}`, "Retry-After", "60"))
		})
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(5*time.Second, func() { cancel(errors.New("canary of the caller")) })
		start := time.Now()
		err := client.Delete(ctx, testID)
		e, ok := err.(*Error)
		if !ok || !errors.Is(err, context.Canceled) || e.Status != 503 || !e.Unknown || !e.Retryable || e.RetryAfter != time.Minute {
			t.Errorf("got %+v", err)
		}
		if strings.Contains(err.Error(), "canary") {
			t.Errorf("error has the text of a cause it does not know: %v", err)
		}
		if time.Since(start) != 5*time.Second {
			t.Errorf("waited %s", time.Since(start))
		}
	})
}

func TestCanceledBeforeSending(t *testing.T) {
	t.Parallel()
	server := serve(t, answerJSON(200, `{}`))
	client := newTestClient(t, server.URL)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, op := range operations {
		err := op.call(ctx, client)
		if e, ok := err.(*Error); !ok || !errors.Is(err, context.Canceled) || e.Unknown || e.Operation != op.name {
			t.Errorf("%s: got %v", op.name, err)
		}
	}
	if n := len(server.requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestCanceledWhileWaitingForTheReply(t *testing.T) {
	t.Parallel()
	for _, op := range operations {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				cancel()
				<-r.Context().Done()
			})
			err := op.call(ctx, newTestClient(t, server.URL))
			write := op.name != opGet && op.name != opFind
			e, ok := err.(*Error)
			if !ok || !errors.Is(err, context.Canceled) || e.Unknown != write || e.Retryable == (op.name == opCreate) {
				t.Errorf("got %+v", err)
			}
			if n := len(server.requests()); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestAttemptTimesOut(t *testing.T) {
	t.Parallel()
	for _, op := range operations {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var sent atomic.Int32
				client := newTestClient(t, "http://localhost", func(c *Config) {
					c.Timeout = 2 * time.Second
					c.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
						sent.Add(1)
						<-r.Context().Done()
						return nil, r.Context().Err()
					})}
				})
				err := op.call(t.Context(), client)
				create, write := op.name == opCreate, op.name != opGet && op.name != opFind
				e, ok := err.(*Error)
				if !ok || !errors.Is(err, context.DeadlineExceeded) || e.Unknown != write || e.Retryable == create {
					t.Errorf("got %+v", err)
				}
				once := create || op.name == opReplace // a PUT may still land
				if n := sent.Load(); n != map[bool]int32{true: 1, false: 3}[once] {
					t.Errorf("sent %d times", n)
				}
			})
		})
	}
}

func TestConnectionsThatFail(t *testing.T) {
	t.Parallel()
	cut := serve(t, cutConnection)
	half := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, `{"id":"`+testID+`",`)
	})
	plain := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	plain.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + closed.Addr().String()
	closed.Close()
	t.Cleanup(func() { // after the parallel subtests
		if n := len(cut.requests()); n < 8 {
			t.Errorf("%d requests, want 8: all but the writes that may still land are sent twice", n)
		}
	})
	tests := []struct {
		name, url string
		sent      bool
		text      string
	}{
		{"cut", cut.URL, true, "connection closed"},
		{"half a reply", half.URL, true, "reply was cut off: connection closed"},
		{"nobody listens", nobody, false, "connection refused"},
		{"certificate not trusted", plain.URL, false, "certificate"},
	}
	for _, tt := range tests {
		for _, op := range operations {
			t.Run(tt.name+"/"+op.name, func(t *testing.T) {
				t.Parallel()
				create, write := op.name == opCreate, op.name != opGet && op.name != opFind
				if tt.name == "half a reply" && write && !create {
					return // the status says enough
				}
				err := op.call(t.Context(), newTestClient(t, tt.url, func(c *Config) { c.MaxAttempts = 2 }))
				e, ok := err.(*Error)
				if !ok || e.Unknown != (tt.sent && write) || e.Retryable == (create && tt.sent) || !strings.Contains(err.Error(), tt.text) {
					t.Errorf("got %+v", err)
				}
			})
		}
	}
}

func TestParseRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	tests := []struct {
		in   string
		want time.Duration
	}{
		{"", 0}, {"0", 0}, {" 30 ", 30 * time.Second}, {"300", 5 * time.Minute}, {"301", 5 * time.Minute},
		{"99999999999999999999999", 5 * time.Minute}, {"-5", 0}, {"1.5", 0}, {"soon", 0},
		{now.Add(time.Minute).Format(http.TimeFormat), time.Minute},
		{now.Add(-time.Minute).Format(http.TimeFormat), 0},
		{now.Add(time.Hour).Format(http.TimeFormat), 5 * time.Minute},
	}
	for _, tt := range tests {
		if got := parseRetryAfter(tt.in, now); got != tt.want {
			t.Errorf("parseRetryAfter(%q) = %s, want %s", tt.in, got, tt.want)
		}
	}
}
