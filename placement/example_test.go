package placement_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/maicontact/maicontact/placement"
)

// The pages of a site get the tag of the chat script, and nothing else changes.
func ExampleNew() {
	place, err := placement.New(placement.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "<!doctype html>\n<title>Shop</title>\n<body>\n<p>Tea</p>\n</body>\n")
	})

	w := httptest.NewRecorder()
	place(mux).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	fmt.Print(w.Body)
	// Output:
	// <!doctype html>
	// <title>Shop</title>
	// <body>
	// <p>Tea</p>
	// <script src="/webchat.js" defer referrerpolicy="same-origin"></script></body>
}
