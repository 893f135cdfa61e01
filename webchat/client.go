package webchat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
)

// defaultTimeout bounds one attempt when Config does not say.
const defaultTimeout = 10 * time.Second

// Config says how to reach the service. Only APIKey is required. It is copied
// by [NewClient]; later changes have no effect. The key never prints.
type Config struct {
	// BaseURL of the API: with or without path, version and trailing slash,
	// such as https://api.maiagent.ai or https://api.maiagent.ai/api/v1. A
	// URL without a path gets /api/. It must be https, or http to a loopback
	// address. Defaults to https://api.maiagent.ai/api/.
	BaseURL string

	// APIKey from the service's console. Required.
	APIKey string

	// HTTPClient to send with, for tracing or a proxy of your own. Addresses
	// hold contact ids and source ids: put a transport that traces inside of
	// [Tracing], which keeps them from it. It is copied; on the copy, redirects
	// are followed on reads only, to the same scheme and host only. Its own
	// CheckRedirect can refuse more. Defaults to a client with bounded waits and
	// connections, and the proxy of the environment.
	HTTPClient *http.Client

	// Timeout of one attempt, reply included. Defaults to 10 seconds.
	Timeout time.Duration

	// MaxAttempts of a call that is safe to repeat: get, replace, delete and
	// find. Defaults to 3. A create is always sent once, and a replace of
	// unknown outcome is not repeated.
	MaxAttempts int

	// Logger gets one record per attempt: Debug when it worked, otherwise
	// Warn. Defaults to none.
	Logger *slog.Logger

	// OnCall is told of every attempt, on the goroutine that made the call and
	// before it returns. It must be safe for concurrent use. Optional.
	OnCall func(context.Context, Call)

	// InsecureHTTP allows plain http to any host. The API key and the contact
	// ids then travel readable by others.
	InsecureHTTP bool
}

// Format writes the configuration without the key, for every verb.
func (c Config) Format(f fmt.State, _ rune) { io.WriteString(f, c.String()) }

// GoString returns the same as String.
func (c Config) GoString() string { return c.String() }

// LogValue returns the same as String.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText returns the same as String, which is also what encoding/json
// writes.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// String returns the configuration without the key.
func (c Config) String() string {
	host, key := "[not valid]", "[none]"
	if base, err := parseBaseURL(c.BaseURL, true); err == nil {
		host = base.String()
	}
	if c.APIKey != "" {
		key = "[redacted]"
	}
	return fmt.Sprintf("webchat.Config{BaseURL: %s, APIKey: %s, Timeout: %s, MaxAttempts: %d}", host, key, c.Timeout, c.MaxAttempts)
}

// Client calls the contacts API. Make it with [NewClient]. It is safe for
// concurrent use and starts no goroutines of its own.
type Client struct {
	base        *url.URL // ends with a slash
	key         *string  // a pointer, so that fmt never reaches it
	reader      *http.Client
	writer      *http.Client
	timeout     time.Duration
	maxAttempts int
	logger      *slog.Logger
	onCall      func(context.Context, Call)

	// plainPages is set once the service has refused to be asked for large
	// pages. A pointer, so that a Client may be copied.
	plainPages *atomic.Bool
	// patches is set once the service has refused PUT: it has PATCH.
	patches *atomic.Bool
}

// NewClient returns a client, or an error that says what to change. It does
// not call the service.
func NewClient(c Config) (*Client, error) {
	base, err := parseBaseURL(c.BaseURL, c.InsecureHTTP)
	if err != nil {
		err = fmt.Errorf("webchat: base URL: %w", err)
	}
	err = errors.Join(err, checkKey(c.APIKey))
	if c.Timeout < 0 {
		err = errors.Join(err, errors.New("webchat: timeout is negative; leave it 0 for 10 seconds"))
	}
	if c.MaxAttempts < 0 {
		err = errors.Join(err, errors.New("webchat: max attempts is negative; leave it 0 for 3"))
	}
	if err != nil {
		return nil, err
	}
	timeout := cmp.Or(c.Timeout, defaultTimeout)
	if c.HTTPClient == nil {
		c.HTTPClient = &http.Client{Transport: newTransport(timeout)}
	}
	reader, writer := *c.HTTPClient, *c.HTTPClient
	reader.CheckRedirect = sameHostOnly(c.HTTPClient.CheckRedirect)
	writer.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{
		base:        base,
		key:         &c.APIKey,
		reader:      &reader,
		writer:      &writer,
		timeout:     timeout,
		maxAttempts: cmp.Or(c.MaxAttempts, 3),
		logger:      cmp.Or(c.Logger, slog.New(slog.DiscardHandler)),
		onCall:      c.OnCall,
		plainPages:  new(atomic.Bool),
		patches:     new(atomic.Bool),
	}, nil
}

// CloseIdleConnections closes connections that wait for a next call.
func (c *Client) CloseIdleConnections() { c.reader.CloseIdleConnections() }

// Format writes the address of the API and nothing else, for every verb.
func (c *Client) Format(f fmt.State, _ rune) { io.WriteString(f, c.String()) }

// GoString returns the same as String.
func (c *Client) GoString() string { return c.String() }

// LogValue returns the same as String.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText returns the same as String.
func (c *Client) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// String returns the address of the API and nothing else.
func (c *Client) String() string {
	if c == nil || c.base == nil {
		return "webchat.Client{}"
	}
	return "webchat.Client{" + c.base.String() + "}"
}

func checkKey(key string) error {
	if key == "" {
		return errors.New("webchat: API key is required; make one in the MaiAgent console")
	}
	for _, r := range key {
		if unicode.IsSpace(r) || !unicode.IsGraphic(r) || r > unicode.MaxASCII {
			return errors.New("webchat: API key has white space or characters that do not belong in a header; check how it was copied")
		}
	}
	return nil
}

// newTransport bounds every wait that the attempt's own deadline does not see
// soon enough, and the number of connections.
func newTransport(timeout time.Duration) *http.Transport {
	dialer := &net.Dialer{Timeout: min(timeout, 5*time.Second), KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    min(timeout, 5*time.Second),
		ResponseHeaderTimeout:  timeout,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConns:           32,
		MaxIdleConnsPerHost:    32,
		MaxConnsPerHost:        64,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// sameHostOnly follows a few redirects to the scheme and host that were asked
// first; any other reply with a redirect is returned as it is. The key goes
// with a redirect, so it must not leave the host.
func sameHostOnly(also func(*http.Request, []*http.Request) error) func(*http.Request, []*http.Request) error {
	return func(next *http.Request, via []*http.Request) error {
		if len(via) > 5 || next.URL.Scheme != via[0].URL.Scheme || !strings.EqualFold(next.URL.Host, via[0].URL.Host) {
			return http.ErrUseLastResponse
		}
		if also != nil {
			return also(next, via)
		}
		return nil
	}
}
