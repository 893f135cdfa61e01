package placement_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/maicontact/maicontact/placement"
)

// Whichever way a handler writes its page, the tag is in it.
func TestWays(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(bare), 0o600); err != nil {
		t.Fatal(err)
	}
	ways := map[string]func(w http.ResponseWriter, r *http.Request) error{
		"file": func(w http.ResponseWriter, r *http.Request) error {
			http.ServeFile(w, r, file)
			return nil
		},
		"copy": func(w http.ResponseWriter, _ *http.Request) error {
			n, err := io.Copy(w, iotest.OneByteReader(strings.NewReader(bare)))
			if n != int64(len(bare)) {
				err = errors.Join(err, fmt.Errorf("copied %d", n))
			}
			return err
		},
		"controller": func(w http.ResponseWriter, _ *http.Request) error {
			io.WriteString(w, bare[:40])
			c := http.NewResponseController(w)
			err := errors.Join(c.SetWriteDeadline(time.Now().Add(time.Minute)), c.SetReadDeadline(time.Now().Add(time.Minute)), c.Flush())
			io.WriteString(w, bare[40:])
			return err
		},
		"flush first": func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Content-Type", "text/html")
			w.(http.Flusher).Flush()
			_, err := io.WriteString(w, bare)
			return err
		},
		"early hints": func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Link", "</a.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			_, err := io.WriteString(w, bare)
			return err
		},
		"trailer": func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Trailer", "Sum")
			_, err := io.WriteString(w, bare)
			w.Header().Set("Sum", "a")
			w.Header().Set(http.TrailerPrefix+"More", "b")
			return err
		},
		"trailer, no type": func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Trailer", "x, sum")
			_, err := io.WriteString(w, bare)
			w.Header().Set("Sum", "a")
			return err
		},
		"undeclared trailer": func(w http.ResponseWriter, _ *http.Request) error {
			io.WriteString(w, bare[:40])
			w.Header().Set(http.TrailerPrefix+"More", "b")
			http.NewResponseController(w).Flush()
			_, err := io.WriteString(w, bare[40:])
			return err
		},
	}
	trailers := map[string]string{"trailer": "Sum=a More=b", "trailer, no type": "Sum=a", "undeclared trailer": "More=b"}
	for name, way := range ways {
		for _, http2 := range []bool{false, true} {
			t.Run(fmt.Sprintf("http2=%v/%s", http2, name), func(t *testing.T) {
				t.Parallel()
				server := httptest.NewUnstartedServer(newPlacement(t, placement.Config{})(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if err := way(w, r); err != nil {
						t.Error(err)
					}
				})))
				server.EnableHTTP2 = http2
				server.StartTLS()
				defer server.Close()
				response, err := server.Client().Get(server.URL)
				if err != nil {
					t.Fatal(err)
				}
				defer response.Body.Close()
				body, err := io.ReadAll(response.Body)
				if err != nil || response.StatusCode != 200 || string(body) != full || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/html") {
					t.Errorf("status %d, header %v, body %q, error %v", response.StatusCode, response.Header, body, err)
				}
				var got []string
				for _, name := range []string{"Sum", "More"} {
					if value := response.Trailer.Get(name); value != "" {
						got = append(got, name+"="+value)
					}
				}
				if strings.Join(got, " ") != trailers[name] || response.Header.Get("Sum") != "" {
					t.Errorf("trailers %v, header %v", response.Trailer, response.Header)
				}
			})
		}
	}
}

// A reply that is too short to tell its type before it ends keeps its trailers, also
// where it is no page.
func TestTrailersOfAShortReply(t *testing.T) {
	server := httptest.NewServer(newPlacement(t, placement.Config{})(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "Sum")
		io.WriteString(w, "plain text")
		w.Header().Set("Sum", "a")
		w.Header().Set("Late", "no trailer")
	})))
	defer server.Close()
	response, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || string(body) != "plain text" || response.Trailer.Get("Sum") != "a" || response.Header.Get("Sum")+response.Header.Get("Late") != "" {
		t.Errorf("body %q, header %v, trailers %v, error %v", body, response.Header, response.Trailer, err)
	}
}

// What has been flushed arrives before the handler ends, and the tag still
// goes before </body>.
func TestStreaming(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		goOn := make(chan struct{})
		server := httptest.NewUnstartedServer(newPlacement(t, placement.Config{})(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "<!doctype html>\n<p>first</p>\n")
			w.(http.Flusher).Flush()
			<-goOn
			io.WriteString(w, "<p>second</p></bo")
			w.(http.Flusher).Flush()
			io.WriteString(w, "dy>")
		})))
		server.EnableHTTP2 = http2
		server.StartTLS()
		response, err := server.Client().Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		reader := bufio.NewReader(response.Body)
		first, _ := reader.ReadString('\n')
		second, err := reader.ReadString('\n')
		if err != nil || first+second != "<!doctype html>\n<p>first</p>\n" {
			t.Errorf("first %q, %v", first+second, err)
		}
		close(goOn)
		if rest, err := io.ReadAll(reader); err != nil || string(rest) != "<p>second</p>"+tag+"</body>" {
			t.Errorf("rest %q, %v", rest, err)
		}
		response.Body.Close()
		server.Close()
	}
}

// A length that the handler does not keep is noticed by the client, also where
// the middleware had to take the length away.
func TestLength(t *testing.T) {
	t.Parallel()
	filler := strings.Repeat("<p>tea</p>", 10_000)
	for _, http2 := range []bool{false, true} {
		for _, page := range []string{"<html><p>", bare, filler, filler + bare} {
			for _, off := range []int{-1, 1} {
				t.Run(fmt.Sprintf("http2=%v/%d bytes/%+d", http2, len(page), off), func(t *testing.T) {
					t.Parallel()
					var wrote error
					server := httptest.NewUnstartedServer(newPlacement(t, placement.Config{})(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
						w.Header().Set("Content-Type", "text/html")
						w.Header().Set("Content-Length", fmt.Sprint(len(page)+off))
						_, wrote = io.WriteString(w, page)
					})))
					server.EnableHTTP2 = http2
					server.StartTLS()
					defer server.Close()
					response, err := server.Client().Get(server.URL)
					if err == nil {
						defer response.Body.Close()
						_, err = io.Copy(io.Discard, response.Body)
					}
					server.Close() // the handler has ended
					if err == nil || (off < 0) != errors.Is(wrote, http.ErrContentLength) {
						t.Errorf("client: %v; handler: %v", err, wrote)
					}
				})
			}
		}
	}
}

// A hijacked connection belongs to the handler.
func TestHijack(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(newPlacement(t, placement.Config{})(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		fmt.Fprintf(buffered, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", len(bare), bare)
		buffered.Flush()
		if _, err := io.WriteString(w, bare); !errors.Is(err, http.ErrHijacked) {
			t.Errorf("a write after Hijack: %v", err)
		}
	})))
	defer server.Close()
	response, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err != nil || string(body) != bare {
		t.Errorf("body %q, %v", body, err)
	}
}

// After a panic nothing of the page has left, and who recovers may answer.
func TestPanic(t *testing.T) {
	t.Parallel()
	place := newPlacement(t, placement.Config{})(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, bare[:30])
		panic("oops")
	}))
	recorder := httptest.NewRecorder()
	func() {
		defer func() {
			if recover() != "oops" {
				t.Error("the panic did not pass")
			}
			http.Error(recorder, "sorry", http.StatusInternalServerError)
		}()
		place.ServeHTTP(recorder, httptest.NewRequest("GET", "/", nil))
	}()
	if recorder.Code != 500 || recorder.Body.String() != "sorry\n" {
		t.Errorf("%d %q", recorder.Code, recorder.Body)
	}
}

func BenchmarkPlacement(b *testing.B) {
	page := []byte("<!doctype html><body>" + strings.Repeat("<p class=\"a\">A cup of tea, and one more.</p>\n", 400) + "</body></html>")
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(page)
	})
	for name, h := range map[string]http.Handler{"bare": handler, "placed": newPlacement(b, placement.Config{})(handler)} {
		b.Run(name, func(b *testing.B) {
			request := httptest.NewRequest("GET", "/", nil)
			b.ReportAllocs()
			b.SetBytes(int64(len(page)))
			for b.Loop() {
				h.ServeHTTP(&discard{header: http.Header{}}, request)
			}
		})
	}
}

// discard is a ResponseWriter that keeps nothing.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}
