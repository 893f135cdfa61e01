package webchat

import (
	"cmp"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
)

const (
	defaultBaseURL = "https://api.maiagent.ai/api/"
	defaultChatURL = "https://chat.maiagent.ai"
)

// parseBaseURL reads the address of the API in any of the forms people write
// it, and returns it with a trailing slash.
func parseBaseURL(s string, insecure bool) (*url.URL, error) {
	base, err := parseHost(cmp.Or(strings.TrimSpace(s), defaultBaseURL), insecure)
	if err != nil {
		return nil, err
	}
	if base.Path == "" {
		base.Path = "/api"
	}
	base.Path += "/"
	return base, nil
}

// parseHost reads an http address with an optional path and returns it without
// a trailing slash. Errors do not repeat the address: it may hold a password.
func parseHost(s string, insecure bool) (*url.URL, error) {
	parsed, err := url.Parse(s)
	if err != nil {
		return nil, errors.New("it cannot be parsed; it looks like " + defaultBaseURL)
	}
	switch {
	case parsed.Scheme != "https" && parsed.Scheme != "http":
		return nil, errors.New("it must begin with https://")
	case parsed.Opaque != "" || parsed.Hostname() == "":
		return nil, errors.New("it has no host")
	case !plainPort(parsed.Port()):
		return nil, errors.New("its port is not between 1 and 65535")
	case parsed.User != nil:
		return nil, errors.New("it must not hold a user name or password")
	case parsed.RawQuery != "" || parsed.ForceQuery:
		return nil, errors.New("it must not have a query")
	case parsed.Fragment != "" || strings.Contains(s, "#"):
		return nil, errors.New("it must not have a fragment")
	case parsed.Scheme == "http" && !insecure && !loopback(parsed.Hostname()):
		return nil, errors.New("it must use https; plain http is for loopback addresses (or set InsecureHTTP)")
	}
	path := strings.TrimRight(parsed.Path, "/")
	for _, r := range path {
		if !plainPathRune(r) {
			return nil, errors.New("its path has a character that does not belong there")
		}
	}
	for segment := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		if path != "" && (segment == "" || segment == "." || segment == "..") {
			return nil, errors.New("its path has an empty or dotted segment")
		}
	}
	return &url.URL{Scheme: parsed.Scheme, Host: strings.ToLower(parsed.Host), Path: path}, nil
}

func plainPathRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/-._~", r)
}

func plainPort(s string) bool {
	n, err := strconv.Atoi(s)
	return s == "" || err == nil && n >= 1 && n <= 65535
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
