package doctor

import (
	"context"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"

	"github.com/maicontact/maicontact/webchat"
)

// canRead asks MaiAgent once whether the inbox can be read. Three checks use the
// answer. If no inbox is set, it asks for the list of inboxes.
func (v *examination) canRead(ctx context.Context) error {
	switch {
	case v.asked:
	case v.isFaulty(InboxID):
		_, v.answer = v.API.Inboxes(ctx)
	default:
		v.answer = v.API.CanRead(ctx, v.InboxID)
	}
	v.asked = true
	return v.answer
}

// needsInbox reports whether nothing can be told without the inbox: MaiAgent may refuse
// the list of inboxes to a key that it accepts otherwise.
func (v *examination) needsInbox(err error) bool {
	api, ok := errors.AsType[*webchat.Error](err)
	return v.isFaulty(InboxID) && ok && (api.Status == http.StatusForbidden || api.Status == http.StatusNotFound)
}

// settingAbout returns the setting that an error is about; empty: MaiAgent itself.
func settingAbout(err error) Setting {
	if errors.Is(err, webchat.ErrUnproven) {
		return InboxID
	}
	api, ok := errors.AsType[*webchat.Error](err)
	switch {
	case !ok:
		return ""
	case errors.Is(err, webchat.ErrUnauthorized):
		return APIKey
	case errors.Is(err, webchat.ErrInvalid) && api.Status != 0:
		return InboxID
	}
	return ""
}

func (v *examination) checkAPI(ctx context.Context) []Result {
	err := v.canRead(ctx)
	if err == nil || settingAbout(err) != "" {
		return result(Pass, "MaiAgent's API answers at the base URL")
	}
	if v.needsInbox(err) {
		return v.skipForSetting(InboxID)
	}
	if api, ok := errors.AsType[*webchat.Error](err); ok && api.Status != 0 {
		switch {
		case errors.Is(err, webchat.ErrNotFound), errors.Is(err, webchat.ErrBadReply), api.Status/100 == 3, api.Status == http.StatusMethodNotAllowed:
			return v.failSetting(BaseURL, "what answers there is not MaiAgent's API (status %d); check host and path, such as https://api.maiagent.ai/api/", api.Status)
		case errors.Is(err, webchat.ErrTooManyRequests):
			return result(Fail, "MaiAgent refuses more calls for now (status 429); wait, or lower Config.Limits.CallsPerSecond")
		}
		return result(Fail, "MaiAgent fails by itself (status %d); try again later, and ask MaiAgent if it stays so", api.Status)
	}
	if errors.Is(err, webchat.ErrBadReply) {
		return v.failSetting(BaseURL, "what answers there is not MaiAgent's API; check host and path, such as https://api.maiagent.ai/api/")
	}
	return v.failSetting(BaseURL, "nobody answers there: %s; check the address, and that this machine may reach it", networkReason(err))
}

// networkReason says why there was no answer, without an address.
func networkReason(err error) string {
	var dns *net.DNSError
	var refused *net.OpError
	switch {
	case errors.As(err, &dns):
		return "the host name is not known"
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return "no reply in time"
	case strings.Contains(err.Error(), "tls:"), strings.Contains(err.Error(), "x509:"):
		return "its certificate is not valid"
	case errors.As(err, &refused):
		return "the connection is refused or cut"
	}
	return "the connection fails"
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

func (v *examination) checkKey(ctx context.Context) []Result {
	err := v.canRead(ctx)
	if v.needsInbox(err) {
		return v.skipForSetting(InboxID)
	}
	if settingAbout(err) == APIKey {
		return v.failSetting(APIKey, "MaiAgent does not take it; make one in MaiAgent's console, under the account of this base URL")
	}
	return result(Pass, "MaiAgent takes the API key")
}

func (v *examination) checkInbox(ctx context.Context) []Result {
	err := v.canRead(ctx)
	if err == nil {
		return result(Pass, "the API key can read the inbox")
	}
	inboxes, _ := v.API.Inboxes(ctx) // only for a better message
	for _, inbox := range inboxes {
		if !webchat.SameInbox(inbox.WebChatID, v.InboxID) {
			continue
		}
		wrong := v.failSetting(InboxID, "it is the id of a web chat; the inbox of that is %s", inbox.ID)
		if v.isFaulty(WebChatID) && webchat.SameInbox(v.Widget.WebChatID, v.InboxID) {
			wrong[0].State, wrong[0].Because = Skip, "settings" // which reports that the two are the same
		}
		return wrong
	}
	if len(inboxes) == 0 {
		return v.failSetting(InboxID, "the API key is not shown to read this inbox, nor any other; check that %s is of the inbox's organisation", v.name(APIKey))
	}
	return v.failSetting(InboxID, "it is none of the %d inboxes that the API key can read; take its id from MaiAgent's console", len(inboxes))
}

func (v *examination) checkWebChat(ctx context.Context) []Result {
	inboxes, err := v.API.Inboxes(ctx)
	own, holder := "", "" // the inbox's web chat, and the web chat's inbox
	for _, inbox := range inboxes {
		if webchat.SameInbox(inbox.ID, v.InboxID) {
			own = inbox.WebChatID
		}
		if inbox.WebChatID != "" && webchat.SameInbox(inbox.WebChatID, v.Widget.WebChatID) && (holder == "" || webchat.SameInbox(inbox.ID, v.InboxID)) {
			holder = inbox.ID
		}
	}
	switch {
	case err != nil || holder == "" && own == "":
		return result(Warn, "MaiAgent does not say which web chat the inbox has; check in its console that the two belong together")
	case holder == "":
		return v.failSetting(WebChatID, "no inbox of the API key has this web chat; that of the inbox is %s", own)
	case !webchat.SameInbox(holder, v.InboxID):
		return v.failSetting(WebChatID, "this web chat belongs to the inbox %s, and %s is another; people would talk as nobody", holder, v.name(InboxID))
	}
	return result(Pass, "the web chat belongs to the inbox")
}

func (v *examination) checkChatHost(ctx context.Context) []Result {
	status, _, err := v.fetch(ctx, v.Widget.BaseURL()+"/"+v.Widget.WebChatID)
	switch {
	case err != nil:
		return v.failSetting(ChatURL, "nobody answers there: %s; check the address", networkReason(err))
	case status == http.StatusNotFound:
		return v.failSetting(ChatURL, "the host does not know the web chat (status 404); check the address, such as https://chat.maiagent.ai, and %s", v.name(WebChatID))
	case status != http.StatusOK:
		return result(Fail, "the chat host answers with status %d to the web chat's page; try again later", status)
	}
	return result(Pass, "the chat host serves the web chat")
}

func (v *examination) checkEmbed(ctx context.Context) []Result {
	status, kind, err := v.fetch(ctx, v.Widget.EmbedURL())
	switch {
	case err != nil:
		return v.failSetting(ChatURL, "the embed script is not answered: %s; check the address", networkReason(err))
	case status != http.StatusOK || !strings.Contains(kind, "javascript"):
		return v.failSetting(ChatURL, "what is at /js/embed.min.js is no script (status %d); check the address", status)
	}
	return result(Pass, "the chat host serves the embed script")
}

// maxBody is how much of a page is read.
const maxBody = 1 << 20

func (v *examination) fetch(ctx context.Context, address string) (status int, kind string, _ error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, "", err
	}
	response, err := v.HTTPClient.Do(request) // #nosec G107 G704 -- the operator's own setting
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, maxBody)); err != nil {
		return 0, "", err
	}
	kind, _, _ = mime.ParseMediaType(response.Header.Get("Content-Type"))
	return response.StatusCode, kind, nil
}
