package webchat

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// parseTime reads the three forms in which the service has been seen to write
// times: milliseconds of 13 digits, seconds of 10 digits (either one as a
// string or a number) and RFC 3339. Anything else is the zero time: a time is
// never worth failing a call.
func parseTime(raw json.RawMessage) time.Time {
	text := strings.TrimSpace(scalar(raw))
	if digits := strings.Trim(text, "0123456789"); text != "" && digits == "" {
		n, err := strconv.ParseInt(text, 10, 64)
		switch {
		case err == nil && len(text) == 13:
			return time.UnixMilli(n).UTC()
		case err == nil && len(text) == 10:
			return time.Unix(n, 0).UTC()
		}
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// scalar returns the text of a JSON string or number, and "" for the rest.
func scalar(raw json.RawMessage) string {
	if len(raw) == 0 {
		return ""
	}
	if raw[0] == '"' {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			return ""
		}
		return text
	}
	if raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9' {
		return string(raw)
	}
	return ""
}
