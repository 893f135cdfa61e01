package webchattest

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

func (in input) applyMetadata(c *Contact, partial bool, errs fieldErrors) {
	raw, given := in["queryMetadata"]
	switch {
	case !given && partial:
	case !given || isNull(raw):
		c.QueryMetadata = nil
	case raw[0] == '{':
		c.QueryMetadata = bytes.Clone(raw)
	default:
		errs.add("queryMetadata", "Value must be a JSON object.")
	}
}

func (in input) applyInboxes(c *Contact, partial bool, known []string, errs fieldErrors) {
	raw, given := in["inboxes"]
	if !given {
		if !partial {
			errs.add("inboxes", messageRequired)
		}
		return
	}
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		errs.add("inboxes", "Expected a list of items.")
		return
	}
	if len(items) == 0 {
		errs.add("inboxes", "This list may not be empty.")
		return
	}
	ids := make([]string, 0, len(items))
	for _, item := range items {
		fields, err := decodeObject(item)
		if err != nil {
			errs.add("inboxes", "Invalid data. Expected a dictionary.")
			return
		}
		id, message := inboxField(fields["id"], known)
		if message == messageRequired {
			errs.add("inboxes", map[string][]string{"id": {message}})
			return
		}
		if message != "" {
			errs.add("inboxes", message)
			return
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	c.InboxIDs = ids
}

func inboxField(raw json.RawMessage, known []string) (id, message string) {
	if raw == nil {
		return "", messageRequired
	}
	if json.Unmarshal(raw, &id) != nil || isNull(raw) {
		return "", "Must be a valid UUID."
	}
	parsed, ok := parseUUID(id)
	switch {
	case !ok:
		return "", "Must be a valid UUID."
	case !slices.Contains(known, parsed):
		return "", "Invalid pk - object does not exist."
	}
	return parsed, ""
}

var (
	emailLocal = regexp.MustCompile("^[-!#$%&'*+/=?^_`{}|~0-9A-Za-z]+(\\.[-!#$%&'*+/=?^_`{}|~0-9A-Za-z]+)*$")
	emailHost  = regexp.MustCompile(`^([\pL\pN]([-\pL\pN]{0,61}[\pL\pN])?\.)+[\pL\pN]([-\pL\pN]{0,61}[\pL\pN])$`)
)

func checkEmail(value string) string {
	at := strings.LastIndexByte(value, '@')
	if at < 0 || !emailLocal.MatchString(value[:at]) || !emailHost.MatchString(value[at+1:]) {
		return "Enter a valid email address."
	}
	return ""
}

func checkURL(value string) string {
	u, err := url.Parse(value)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || strings.ContainsAny(value, " \t\r\n") {
		return "Enter a valid URL."
	}
	return ""
}
