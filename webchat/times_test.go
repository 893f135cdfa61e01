package webchat

import (
	"encoding/json"
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 10, 8, 12, 36, 36, 0, time.UTC)
	tests := []struct {
		in   string
		want time.Time
	}{
		{`"1728390996000"`, at},
		{`1728390996000`, at},
		{`"1728390996"`, at},
		{`1728390996`, at},
		{`"2024-10-08T12:36:36Z"`, at},
		{`"2024-10-08T20:36:36.000+08:00"`, at},
		{`"1728390996123"`, at.Add(123 * time.Millisecond)},
		{`"2024-10-08T12:36:36.5Z"`, at.Add(500 * time.Millisecond)},
		{``, time.Time{}},
		{`""`, time.Time{}},
		{`"yesterday"`, time.Time{}},
		{`"2024-10-08"`, time.Time{}},
		{`17283909960`, time.Time{}},
		{`1728390996.5`, time.Time{}},
		{`-1728390996`, time.Time{}},
		{`true`, time.Time{}},
		{`{"at":1728390996}`, time.Time{}},
		{`[1728390996]`, time.Time{}},
	}
	for _, tt := range tests {
		if got := parseTime(json.RawMessage(tt.in)); got != tt.want {
			t.Errorf("parseTime(%s) = %v, want %v", tt.in, got, tt.want)
		}
	}
}
