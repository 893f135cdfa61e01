package webchat

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
)

// Tracing returns a transport for [Config.HTTPClient] that is watched by a
// tracing transport without showing it whom a call is about. trace makes the
// tracing transport around the one it is given, base sends, and nil is a
// transport with bounded waits and connections:
//
//	HTTPClient: &http.Client{Transport: webchat.Tracing(func(rt http.RoundTripper) http.RoundTripper {
//		return otelhttp.NewTransport(rt)
//	}, nil)}
//
// What trace makes sees the method, the host, a template of the path such as
// /api/contacts/{contactId}/ and no query, the status, how long it took, and the
// error in words of this package. It sees no id, no key, no body and no header of
// the reply. Headers that it adds are sent. The body it is given is empty, and
// ends when that of the reply is closed, so that a span covers the whole reply.
//
// It has to call the transport it was given once, with a context that comes from
// that of its request. Otherwise the call fails and nothing more is sent.
func Tracing(trace func(http.RoundTripper) http.RoundTripper, base http.RoundTripper) http.RoundTripper {
	if base == nil {
		sends := newTransport(defaultTimeout)
		sends.ResponseHeaderTimeout = 0 // Config.Timeout, which may be longer, bounds it
		base = sends
	}
	return &tracing{tracer: trace(hidden{}), base: base}
}

type tracing struct{ tracer, base http.RoundTripper }

// exchangeKey finds the exchange in the context of the request that is shown.
type exchangeKey struct{}

// exchange is one call: the real request, and what came of it.
type exchange struct {
	base http.RoundTripper
	real *http.Request
	sent atomic.Bool // the real request is on its way, or will never be

	// came has room for one: what came of the request, or, where nobody has waited
	// for that, nothing.
	came chan result
}

type result struct {
	resp *http.Response
	err  error
}

var errTracer = errors.New("webchat: the tracing transport did not pass the request on once, with its context")

// RoundTrip shows the tracer a request like r that tells nothing, and returns
// what the real one is answered with.
func (t *tracing) RoundTrip(r *http.Request) (*http.Response, error) {
	x := &exchange{base: t.base, real: r, came: make(chan result, 1)}
	shown := template(r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x)))
	told, err := t.tracer.RoundTrip(shown)

	if !x.sent.Swap(true) {
		closeBody(r.Body)
	}
	var came result
	select {
	case came = <-x.came:
	case x.came <- result{}:
		came.err = errTracer
	}
	switch {
	case came.err != nil:
		closeReply(told)
		return nil, came.err
	case err != nil:
		closeBody(came.resp.Body)
		return nil, err
	}
	resp := *came.resp
	resp.Request = r
	if told != nil && told.Body != nil {
		resp.Body = &tracedBody{ReadCloser: resp.Body, told: told.Body}
	}
	return &resp, nil
}

// CloseIdleConnections closes those of the transport that sends.
func (t *tracing) CloseIdleConnections() {
	if closer, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}

// hidden is the transport below the tracer: it sends the real request.
type hidden struct{}

func (hidden) RoundTrip(shown *http.Request) (*http.Response, error) {
	closeBody(shown.Body)
	x, ok := shown.Context().Value(exchangeKey{}).(*exchange)
	if !ok || x.sent.Swap(true) {
		return nil, errTracer
	}
	real := x.real.Clone(x.real.Context())
	for name, values := range shown.Header {
		if _, ours := real.Header[name]; !ours {
			real.Header[name] = values
		}
	}
	resp, err := x.base.RoundTrip(real)
	select {
	case x.came <- result{resp, err}:
	default:
		closeReply(resp)
		return nil, errTracer
	}
	if err != nil {
		return nil, newCause(shown.Context(), err)
	}
	return &http.Response{
		Status:     strconv.Itoa(resp.StatusCode) + " " + http.StatusText(resp.StatusCode),
		StatusCode: resp.StatusCode,
		Proto:      resp.Proto, ProtoMajor: resp.ProtoMajor, ProtoMinor: resp.ProtoMinor,
		Header: http.Header{}, Body: http.NoBody, Request: shown,
	}, nil
}

// tracedBody tells the tracer when the reply has been read.
type tracedBody struct {
	io.ReadCloser
	told io.ReadCloser
}

func (b *tracedBody) Close() error {
	err := b.ReadCloser.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(b.told, 1))
	_ = b.told.Close()
	return err
}

// template returns a request like r with the shape of its address, no body and
// no key.
func template(r *http.Request) *http.Request {
	shown := r.Clone(r.Context())
	shown.Body, shown.GetBody, shown.ContentLength = http.NoBody, nil, 0
	shown.Header = http.Header{}
	for _, name := range []string{"Accept", "Content-Type", "User-Agent"} {
		if values := r.Header.Values(name); len(values) > 0 {
			shown.Header[name] = values
		}
	}
	segments := strings.Split(r.URL.Path, "/")
	for i, segment := range segments {
		if _, ok := parseUUID(segment); !ok {
			continue
		}
		segments[i] = "{id}"
		if i > 0 && segments[i-1] == "contacts" {
			segments[i] = "{contactId}"
		}
	}
	path := strings.Join(segments, "/")
	// Opaque is what the text of the address is made of, so that it shows the
	// braces as they are. It is never sent.
	shown.URL = &url.URL{Scheme: r.URL.Scheme, Host: r.URL.Host, Path: path, Opaque: "//" + r.URL.Host + path}
	return shown
}

func closeReply(resp *http.Response) {
	if resp != nil {
		closeBody(resp.Body)
	}
}

func closeBody(body io.Closer) {
	if body != nil {
		_ = body.Close()
	}
}
