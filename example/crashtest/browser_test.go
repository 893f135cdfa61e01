package crashtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"
)

// browser is what one person uses. All shops are one site to it.
type browser struct {
	context context.Context
	jar     http.CookieJar
	client  http.Client
}

func newBrowser(ctx context.Context) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // without options it cannot fail
	}
	return &browser{context: ctx, jar: jar, client: http.Client{
		Jar: jar, Timeout: 15 * time.Second,
		// A connection to a killed process is of no use.
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// withoutChat returns another browser with the same login and nothing else.
func (b *browser) withoutChat(site string) *browser {
	other := newBrowser(b.context)
	address, err := url.Parse(site)
	if err != nil {
		return other
	}
	for _, cookie := range b.jar.Cookies(address) {
		if !strings.HasPrefix(cookie.Name, "maicontact") {
			other.jar.SetCookies(address, []*http.Cookie{cookie})
		}
	}
	return other
}

// secrets are the cookies that the browser has of a site.
func (b *browser) secrets(site string) []string {
	address, err := url.Parse(site)
	if err != nil {
		return nil
	}
	var list []string
	for _, cookie := range b.jar.Cookies(address) {
		if cookie.Name != "shop-flash" && cookie.Name != "shop-cart" { // these are no secrets
			list = append(list, cookie.Value)
		}
	}
	return list
}

// post sends a form and returns the status of the reply.
func (b *browser) post(address string, form url.Values) (int, error) {
	r, err := http.NewRequestWithContext(b.context, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := b.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}

var errNoContact = errors.New("the script holds no contact")

// contactID asks a shop for the chat script and returns the contact in it.
func (b *browser) contactID(site string) (string, error) {
	r, err := http.NewRequestWithContext(b.context, http.MethodGet, site+"/webchat.js", nil)
	if err != nil {
		return "", err
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("User-Agent", "Mozilla/5.0")
	response, err := b.client.Do(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("status %d", response.StatusCode)
	}
	for line := range strings.Lines(string(text)) {
		if line, ok := strings.CutPrefix(line, "window.maiagentChatbotConfig = "); ok {
			var config struct{ ContactID string }
			err := json.Unmarshal([]byte(strings.TrimSuffix(line, ";\n")), &config)
			if err == nil && config.ContactID == "" {
				err = errors.New("the configuration holds no contact")
			}
			return config.ContactID, err
		}
	}
	reason, _, _ := strings.Cut(string(text), "\n")
	return "", fmt.Errorf("%w: %s", errNoContact, reason)
}
