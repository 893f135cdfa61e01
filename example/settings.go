package main

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/sqlstore"
	"github.com/maicontact/maicontact/webchat"
)

const usage = `The shop has no arguments. Its settings come from the environment:

  ADDR                 listen address; default 127.0.0.1:8080
  MAIAGENT_BASE_URL    address of the API; unset: the built-in simulation
  MAIAGENT_API_KEY     these three are required with MAIAGENT_BASE_URL
  MAIAGENT_INBOX_ID
  MAIAGENT_WEBCHAT_ID
  MAIAGENT_CHAT_URL    chat host; default https://chat.maiagent.ai
  DATABASE_URL         sqlite:<path>, postgres://… or mysql://…; default: an
                       SQLite file in the user's cache directory
  SITE_NAMESPACE       names this installation; default example-shop
  SESSION_KEY          at least 32 bytes, hex or base64; default: random
  METRICS_ADDR         another listen address, for /metrics; default: none
  REDIS_URL            redis://…: sessions are kept there; default: in cookies
  TRUSTED_ORIGIN       the public origin when behind a proxy
  CHAT_VISITORS        on-open or on-load: when a visitor's contact is made;
                       default on-open
  ADMIN_PASSWORD       of the pages at /admin/; unset: there are none
`

// settings are what usage says.
type settings struct {
	addr       string
	metrics    string // listen address of /metrics; empty: none
	simulated  bool
	outage     *outage        // of the simulation, once that runs
	chat       webchat.Config // how to reach MaiAgent
	inboxID    string
	widget     webchat.Widget
	database   database
	namespace  string
	sessionKey []byte
	redis      string // address of the server that keeps sessions; may hold a password
	origin     string
	start      maicontact.Start // when a visitor's contact is made
	// adminPassword is empty where there are no pages for administration.
	adminPassword string
	warnings      []string
}

// database says where accounts and contacts are kept.
type database struct {
	dialect sqlstore.Dialect
	path    string // of the SQLite file
	url     string // of the PostgreSQL or MySQL database; may hold a password
}

const (
	defaultAddr      = "127.0.0.1:8080"
	defaultNamespace = "example-shop"
	sessionKeyBytes  = 32
)

// settingFaults is everything that is wrong with the settings. It never
// repeats a value: most of them are secret.
type settingFaults []string

// Error implements error.
func (f settingFaults) Error() string { return strings.Join(f, "; ") }

// readSettings reads the environment. Its error is a settingFaults.
func readSettings(env func(string) string) (settings, error) {
	get := func(name string) string { return strings.TrimSpace(env(name)) }
	var faults settingFaults
	check := func(name string, err error) {
		if err != nil {
			faults = append(faults, name+": "+err.Error())
		}
	}
	s := settings{
		addr:      cmp.Or(get("ADDR"), defaultAddr),
		namespace: cmp.Or(get("SITE_NAMESPACE"), defaultNamespace),
		simulated: get("MAIAGENT_BASE_URL") == "",
	}
	var err error
	check("ADDR", checkAddr(s.addr))
	if s.metrics = get("METRICS_ADDR"); s.metrics != "" {
		check("METRICS_ADDR", checkAddr(s.metrics))
	}
	if !plainPattern.MatchString(s.namespace) {
		check("SITE_NAMESPACE", errors.New("must be 1 to 64 letters, digits and ._-"))
	}
	s.database, err = parseDatabase(get("DATABASE_URL"))
	check("DATABASE_URL", err)
	s.sessionKey, err = parseSessionKey(get("SESSION_KEY"))
	check("SESSION_KEY", err)
	if s.sessionKey == nil && err == nil {
		s.sessionKey = make([]byte, sessionKeyBytes)
		rand.Read(s.sessionKey)
		s.warnings = append(s.warnings, "SESSION_KEY is not set; a random one is used, so everybody is logged out when the shop ends")
	}
	s.redis, err = parseRedis(get("REDIS_URL"))
	check("REDIS_URL", err)
	s.origin, err = parseOrigin(get("TRUSTED_ORIGIN"))
	check("TRUSTED_ORIGIN", err)
	s.start, err = parseStart(get("CHAT_VISITORS"))
	check("CHAT_VISITORS", err)
	s.adminPassword = env("ADMIN_PASSWORD")
	if n := len(s.adminPassword); 0 < n && n < shortAdminPassword {
		s.warnings = append(s.warnings, "ADMIN_PASSWORD is short, and nothing keeps anybody from trying; make one with: openssl rand -base64 18")
	}
	s.readMaiAgent(get, check)
	if faults != nil {
		return settings{}, faults
	}
	return s, nil
}

// readMaiAgent lets the library judge each value by itself, so that each fault
// can be told with the name of its variable.
func (s *settings) readMaiAgent(get func(string) string, check func(string, error)) {
	const anyID, anyKey = "6f0c7f0e-6a39-4a3f-8a4f-7a2f5f0f7d11", "any"
	required := func(name string, judge func(string) error) string {
		value := get(name)
		switch {
		case s.simulated && value != "":
			s.warnings = append(s.warnings, name+" is set, but MAIAGENT_BASE_URL is not: the built-in simulation has its own")
		case s.simulated:
		case value == "":
			check(name, errors.New("is required when MAIAGENT_BASE_URL is set"))
		default:
			check(name, judge(value))
		}
		return value
	}
	s.chat.BaseURL = get("MAIAGENT_BASE_URL")
	_, err := webchat.NewClient(webchat.Config{BaseURL: s.chat.BaseURL, APIKey: anyKey})
	check("MAIAGENT_BASE_URL", err)
	s.chat.APIKey = required("MAIAGENT_API_KEY", func(key string) error {
		_, err := webchat.NewClient(webchat.Config{APIKey: key})
		return err
	})
	s.inboxID = required("MAIAGENT_INBOX_ID", func(id string) error {
		if !plainPattern.MatchString(id) {
			return errors.New("must be the id of the inbox, a UUID")
		}
		return nil
	})
	s.widget.WebChatID = required("MAIAGENT_WEBCHAT_ID", func(id string) error {
		if strings.EqualFold(id, s.inboxID) {
			return errors.New("is the same as MAIAGENT_INBOX_ID; they are two different ids in MaiAgent")
		}
		return webchat.Widget{WebChatID: id}.Validate()
	})
	s.widget.ChatURL = get("MAIAGENT_CHAT_URL")
	check("MAIAGENT_CHAT_URL", webchat.Widget{WebChatID: anyID, ChatURL: s.widget.ChatURL}.Validate())
}

var plainPattern = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

func checkAddr(addr string) error {
	if _, err := net.ResolveTCPAddr("tcp", addr); err != nil {
		return errors.New("must be a listen address such as 127.0.0.1:8080")
	}
	return nil
}

func parseDatabase(s string) (database, error) {
	switch {
	case s == "":
		cache, err := cacheDir()
		if err != nil {
			return database{}, fmt.Errorf("is not set, and there is no cache directory to keep a file in: %w", err)
		}
		return database{dialect: sqlstore.SQLite, path: filepath.Join(cache, "shop.db")}, nil
	case strings.HasPrefix(s, "postgres://"), strings.HasPrefix(s, "postgresql://"):
		if u, err := url.Parse(s); err != nil || u.Fragment != "" {
			return database{}, errors.New("cannot be read as a URL; escape special characters of the password as %XX")
		}
		return database{dialect: sqlstore.PostgreSQL, url: s}, nil
	case strings.HasPrefix(s, "mysql://"):
		if _, err := mysqlConfig(s); err != nil {
			return database{}, err
		}
		return database{dialect: sqlstore.MySQL, url: s}, nil
	}
	path, ok := strings.CutPrefix(s, "sqlite:")
	switch {
	case !ok:
		return database{}, errors.New("must begin with sqlite:, postgres:// or mysql://")
	case path == "" || strings.HasPrefix(path, ":memory:") || strings.ContainsRune(path, 0):
		return database{}, errors.New("must name a file, such as sqlite:/var/lib/shop/shop.db")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return database{}, err
	}
	if dir, err := os.Stat(filepath.Dir(path)); err != nil || !dir.IsDir() {
		return database{}, errors.New("names a file in a directory that does not exist; make the directory first")
	}
	if file, err := os.Stat(path); err == nil && !file.Mode().IsRegular() {
		return database{}, errors.New("must name a file, and this is none")
	}
	return database{dialect: sqlstore.SQLite, path: path}, nil
}

// cacheDir is where files go that nobody named a place for.
func cacheDir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, "maicontact-example"), nil
}

// parseSessionKey reads hex or any form of base64; nil for none.
func parseSessionKey(s string) ([]byte, error) {
	if s == "" {
		return nil, nil
	}
	key, err := hex.DecodeString(s)
	if err != nil {
		plain := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(s, "="))
		key, err = base64.RawStdEncoding.DecodeString(plain)
	}
	if err != nil || len(key) < sessionKeyBytes {
		return nil, fmt.Errorf("must be at least %d bytes, written as hex or base64; make one with: openssl rand -hex %[1]d", sessionKeyBytes)
	}
	return key, nil
}

// parseOrigin returns the origin as browsers write it, or none.
func parseOrigin(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	u, err := url.Parse(strings.ToLower(strings.TrimSuffix(s, "/")))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		return "", errors.New("must be an origin such as https://shop.example")
	}
	if port := u.Port(); port == "443" && u.Scheme == "https" || port == "80" && u.Scheme == "http" {
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	if err := http.NewCrossOriginProtection().AddTrustedOrigin(u.String()); err != nil {
		return "", errors.New("must be an origin such as https://shop.example, without a path")
	}
	return u.String(), nil
}

// origins are those from which forms are taken beside each request's own.
func (s settings) origins() []string {
	if s.origin == "" {
		return nil
	}
	return []string{s.origin}
}

// shortAdminPassword is below how many bytes the password of the administration
// is warned of.
const shortAdminPassword = 12

// parseStart reads when a visitor's contact is made.
func parseStart(value string) (maicontact.Start, error) {
	switch value {
	case "", "on-open":
		return maicontact.OnOpen, nil
	case "on-load":
		return maicontact.OnLoad, nil
	}
	return 0, errors.New("must be on-open or on-load")
}
