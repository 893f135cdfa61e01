package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestReadReply(t *testing.T) {
	for name, test := range map[string]struct {
		replies, body string
		cookies       []string
	}{
		"a length": {"HTTP/1.1 200 OK\r\ncontent-length: 3\r\nSet-Cookie: a=1; Path=/\r\nset-cookie: b=2\r\n\r\nabc", "abc", []string{"a=1", "b=2"}},
		"chunks":   {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde", nil},
		"a form":   {"HTTP/1.1 303 See Other\r\nContent-Length: 0\r\n\r\n", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := bufio.NewReader(strings.NewReader(test.replies + "HTTP/1.1 500 Internal Server Error\r\n\r\n"))
			var body strings.Builder
			cookies, err := readReply(r, &body)
			if err != nil || body.String() != test.body || !reflect.DeepEqual(cookies, test.cookies) {
				t.Errorf("body %q, cookies %q, error %v", body.String(), cookies, err)
			}
			// It must have read to the end of the reply, and tell a failure.
			if _, err := readReply(r, io.Discard); err == nil || !strings.Contains(err.Error(), "500") {
				t.Errorf("the next reply is %v, want that of status 500", err)
			}
		})
	}
}

// A generator loads each path of the server that it is measured with.
func TestLoadServer(t *testing.T) {
	s, err := newLoadServer()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	served := map[string]int{}
	server := httptest.NewServer(s.handler)
	t.Cleanup(server.Close)
	address := strings.TrimPrefix(server.URL, "http://")
	cookies, err := ask(address, loadJob{Address: address, Origin: loadOrigin, Path: "/gorilla/login"}.request())
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/bare/page", "/page", "/bare/script", "/script", "/gorilla/script"} {
		job, err := json.Marshal(loadJob{Address: address, Origin: loadOrigin, Path: path, Cookie: strings.Join(cookies, "; "), For: time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		if err := generate(strings.NewReader(string(job)), &out); err != nil {
			t.Fatal(err)
		}
		var result loadResult
		if err := json.Unmarshal([]byte(out.String()), &result); err != nil || result.Error != "" || result.PerSecond <= 0 {
			t.Errorf("%s: %s, %v", path, out.String(), err)
		}
		response, err := server.Client().Do(browserRequest(t, server.URL+path, cookies))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		served[path] = len(body)
	}
	if served["/page"] != served["/bare/page"] || served["/page"] == 0 {
		t.Errorf("the pages differ: %v", served)
	}
	// The script says for whom it is, in letters that differ and are as many.
	if served["/script"] != served["/bare/script"] || served["/script"] != served["/gorilla/script"] || served["/script"] == 0 {
		t.Errorf("the scripts differ: %v", served)
	}
}

func browserRequest(t *testing.T, address string, cookies []string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Cookie", strings.Join(cookies, "; "))
	return r
}
