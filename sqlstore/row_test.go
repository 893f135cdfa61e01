package sqlstore

import (
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

func TestMillis(t *testing.T) {
	t.Parallel()
	for millisecond, want := range map[sql.NullInt64]time.Time{
		{}:                                      {},
		{Int64: 0, Valid: true}:                 time.Unix(0, 0).UTC(),
		{Int64: 1_700_000_000_123, Valid: true}: time.Date(2023, 11, 14, 22, 13, 20, 123_000_000, time.UTC),
	} {
		if got := at(millisecond); got != want {
			t.Errorf("%v is %v, want %v", millisecond, got, want)
		}
		if got := millis(want); got.Valid != millisecond.Valid || got.Valid && got != millisecond {
			t.Errorf("%v is %v, want %v", want, got, millisecond)
		}
	}
}

func TestUndecodableProfileIsNotQuoted(t *testing.T) {
	t.Parallel()
	for _, waiting := range []string{`{"name":"Secret"`, `{"name":["Secret"]}`, `"Secret"`, `{"queryMetadata":{"Secret":1,"Secret":2}}`} {
		r := record{waiting: sql.NullString{String: waiting, Valid: true}}
		if _, err := r.read(); err == nil || strings.Contains(err.Error(), "Secret") {
			t.Errorf("%s: error is %v", waiting, err)
		}
	}
}

// A life that this release does not know is not taken for another.
func TestUnknownLife(t *testing.T) {
	t.Parallel()
	for life, want := range map[int64]error{-1: errColumn, 0: nil, int64(contacts.Reissuing): nil, int64(contacts.Reissuing) + 1: errColumn} {
		r := record{life: sql.NullInt64{Int64: life, Valid: true}}
		if _, err := r.read(); !errors.Is(err, want) {
			t.Errorf("%d: error is %v, want %v", life, err, want)
		}
	}
}

// Each column has a value to store and a place to read it to.
func TestColumns(t *testing.T) {
	t.Parallel()
	fields, err := values(contacts.Row{Waiting: new(webchat.Profile)})
	if err != nil {
		t.Fatal(err)
	}
	want := len(strings.Split(columns, ","))
	if len(fields) != want {
		t.Errorf("%d values for %d columns", len(fields), want)
	}
	want += len(strings.Split(person, ","))
	if got := len(new(record).targets()); got != want {
		t.Errorf("%d targets for %d columns", got, want)
	}
	if got := strings.Count(insert, "?"); got != want+2 { // the stamp, the guard
		t.Errorf("insert has %d placeholders, want %d", got, want+2)
	}
	if got := strings.Count(update, "?"); got != want+3 { // and the version
		t.Errorf("update has %d placeholders, want %d", got, want+3)
	}
}

func TestStorable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "status 503": "status 503", "測試": "測試",
		"a\x00b": "a\uFFFDb", "a\xe6": "a\uFFFD", "\x00\xff": "\uFFFD\uFFFD",
	} {
		if got := storable(text); got != want {
			t.Errorf("%q is stored as %q, want %q", text, got, want)
		}
	}
}
