package upstream

import (
	"errors"
	"fmt"
	"testing"

	"github.com/maicontact/maicontact/webchat"
)

func TestWhatAFailureMeans(t *testing.T) {
	type means struct{ refusal, inside, unclear, outage, noAnswer bool }
	api := func(operation string, status int, unknown bool) error {
		return fmt.Errorf("wrapped: %w", &webchat.Error{Operation: operation, Status: status, Unknown: unknown})
	}
	for name, row := range map[string]struct {
		err  error
		want means
	}{
		"none":                       {nil, means{}},
		"an error of ours":           {errors.New("a store"), means{noAnswer: true}},
		"nothing was sent":           {errNotSent, means{noAnswer: true}},
		"refused before it was sent": {&webchat.Error{Operation: OpCreate, Err: webchat.ErrInvalid}, means{refusal: true, noAnswer: true}},
		"a profile refused, create":  {api(OpCreate, 400, false), means{refusal: true}},
		"a profile refused, replace": {api(OpReplace, 422, false), means{refusal: true}},
		"a search refused":           {api("find_contacts", 400, false), means{}},
		"there already":              {api(OpCreate, 409, false), means{}},
		"the source id is refused": {
			&webchat.Error{Operation: OpCreate, Status: 400, Fields: map[string][]string{"sourceId": {"no"}}}, means{},
		},
		"pages repeat": {
			&webchat.Error{Operation: "find_contacts", Err: fmt.Errorf("%w: pages repeat", webchat.ErrBadReply)}, means{noAnswer: true},
		},
		"not found":               {api("get_contact", 404, false), means{}},
		"the key is wrong":        {api("get_contact", 401, false), means{}},
		"a redirect":              {api("get_contact", 302, false), means{outage: true}},
		"too many requests":       {api(OpCreate, 429, false), means{outage: true}},
		"a request timeout":       {api(OpCreate, 408, true), means{unclear: true, outage: true}},
		"failed inside, create":   {api(OpCreate, 500, true), means{inside: true, unclear: true, outage: true}},
		"failed inside, replace":  {api(OpReplace, 500, true), means{unclear: true, outage: true}},
		"down":                    {api(OpCreate, 503, true), means{unclear: true, outage: true}},
		"no reply":                {api(OpCreate, 0, true), means{unclear: true, outage: true}},
		"no connection":           {api(OpCreate, 0, false), means{outage: true}},
		"a reply without meaning": {api(OpCreate, 201, true), means{unclear: true, outage: true}},
	} {
		got := means{IsRefusal(row.err), FailedInside(row.err), IsUnclear(row.err), isOutage(row.err), isNoAnswer(row.err)}
		if got != row.want {
			t.Errorf("%s: %+v, want %+v", name, got, row.want)
		}
	}
}
