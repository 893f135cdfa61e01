package sqlstore

import (
	"database/sql"
	"strings"
	"testing"
	"time"
)

func TestWholeMillis(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]int64{
		0: 0, 1: 1, time.Millisecond: 1, time.Millisecond + 1: 2, 1500 * time.Microsecond: 2,
		-1: 0, -time.Millisecond: -1, -1500 * time.Microsecond: -1,
		time.Hour: 3_600_000, 1<<63 - 1: 9_223_372_036_855,
	} {
		if got := wholeMillis(d); got != want {
			t.Errorf("%v is %d ms, want %d", d, got, want)
		}
	}
}

func TestAt(t *testing.T) {
	t.Parallel()
	for millis, want := range map[sql.NullInt64]time.Time{
		{}:                                      {},
		{Int64: 0, Valid: true}:                 time.Unix(0, 0).UTC(),
		{Int64: 1_700_000_000_123, Valid: true}: time.Date(2023, 11, 14, 22, 13, 20, 123_000_000, time.UTC),
	} {
		if got := at(millis); got != want {
			t.Errorf("%v is %v, want %v", millis, got, want)
		}
	}
}

func TestUndecodableProfileIsNotQuoted(t *testing.T) {
	t.Parallel()
	for _, waiting := range []string{`{"name":"Secret"`, `{"name":["Secret"]}`, `"Secret"`, `{"queryMetadata":{"Secret":1,"Secret":2}}`} {
		_, err := record{waiting: sql.NullString{String: waiting, Valid: true}}.read()
		if err == nil || strings.Contains(err.Error(), "Secret") {
			t.Errorf("%s: error is %v", waiting, err)
		}
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
