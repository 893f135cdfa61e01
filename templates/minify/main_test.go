package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// What is committed is what the sources give.
func TestFresh(t *testing.T) {
	for name, make := range products {
		want, err := make("..")
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("..", name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not fresh (%v): run go generate ./templates", name, err)
		}
	}
}

// A source with a fault is an error, and leaves no file.
func TestFault(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"bootstrap.js": "export default (", "loader.js": "import './none.js';"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, make := range products {
		if text, err := make(dir); err == nil {
			t.Errorf("%s: %q", name, text)
		}
	}
	if err := write(dir); err == nil {
		t.Error("written")
	}
}
