package advice

import (
	"net/http"
	"strings"

	"github.com/maicontact/maicontact/internal/guard"
)

// hints say where to look, for the reasons that come from the set-up and not from a
// failure that passes.
var hints = map[string]string{
	"too late":              lateText,
	"cookie refused":        "the browser did not bring the chat's cookie back: it keeps none, or Config.Site.Origin is not what it shows",
	"configuration":         "MaiAgent or Config.Identify is set up wrong: check Config.API.APIKey, Config.InboxID and Config.Widget.WebChatID with Middleware.Verify; the server's log says more",
	"rejected":              "MaiAgent refuses the profile that Config.Identify returns; the server's log names the field",
	"too many new visitors": "a limit of Config.Visitors is reached; behind a proxy set Config.Site.TrustedProxies",
}

// Hint returns one line for the browser's console; empty: nothing, as on every host but
// a loopback one. setting names the setting of the handler's path, and path is its
// value; both are empty where there is no handler. The line never holds anything from
// the request.
func (a *Advisor) Hint(r *http.Request, setting, path, reason string) string {
	if !guard.IsLocal(r) {
		return ""
	}
	text := hints[reason]
	switch {
	case setting != "" && !strings.HasSuffix(path, r.URL.Path):
		text = wrongPathText(setting)
	case reason == "cross-site":
		text, _ = a.refusal(r)
	case a.policy.IsOverHTTP(r):
		text = overHTTPText
	case text == "" && a.policy.IsBehindTLS(r):
		text = notSecureText
	}
	if text == "" {
		return ""
	}
	return "maicontact: " + text
}
