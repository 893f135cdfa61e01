package webchattest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// A reply, a connection that is cut, a caller who leaves, and a body without an end.
func TestInProcess(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	client := &http.Client{Transport: InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/cut":
			panic(http.ErrAbortHandler)
		case "/hang":
			<-release
		case "/endless":
			for err := error(nil); err == nil; {
				_, err = io.WriteString(w, strings.Repeat("x", 1<<16))
			}
		default:
			body, _ := io.ReadAll(r.Body)
			w.WriteHeader(http.StatusTeapot)
			_, _ = io.WriteString(w, r.RequestURI+" "+string(body))
		}
	}))}
	ask := func(ctx context.Context, path string, body io.Reader) (int, string, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://maiagent.test"+path, body)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(r)
		if err != nil {
			return 0, "", err
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		return response.StatusCode, string(text), err
	}
	if status, text, err := ask(t.Context(), "/a?b=c", strings.NewReader("sent")); status != 418 || text != "/a?b=c sent" || err != nil {
		t.Errorf("%d %q %v", status, text, err)
	}
	if _, text, err := ask(t.Context(), "/a", nil); text != "/a " || err != nil {
		t.Errorf("without a body: %q %v", text, err)
	}
	if _, _, err := ask(t.Context(), "/cut", nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut: %v", err)
	}
	left, leave := context.WithCancel(t.Context())
	leave()
	if _, _, err := ask(left, "/hang", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("left: %v", err)
	}
	if _, text, err := ask(t.Context(), "/endless", nil); len(text) < maxReply || len(text) > 2*maxReply || err != nil {
		t.Errorf("endless: %d bytes, %v", len(text), err)
	}
}
