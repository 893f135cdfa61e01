package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/maicontact/maicontact/sqlstore"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

func TestSettingsWrong(t *testing.T) {
	t.Parallel()
	complete := map[string]string{
		"MAIAGENT_BASE_URL": "https://api.example", "MAIAGENT_API_KEY": canaryAPIKey,
		"MAIAGENT_INBOX_ID": webchattest.DefaultInboxID, "MAIAGENT_WEBCHAT_ID": webchattest.DefaultWebChatID,
	}
	for _, test := range []struct {
		name   string
		change map[string]string
		faults []string // how the lines begin
	}{
		{"nothing wrong", nil, nil},
		{"only the base URL", map[string]string{"MAIAGENT_API_KEY": "", "MAIAGENT_INBOX_ID": " ", "MAIAGENT_WEBCHAT_ID": ""},
			[]string{"MAIAGENT_API_KEY: is required", "MAIAGENT_INBOX_ID: is required", "MAIAGENT_WEBCHAT_ID: is required"}},
		{"everything", map[string]string{
			"ADDR": "nowhere", "MAIAGENT_BASE_URL": "http://api.example", "MAIAGENT_API_KEY": "two words",
			"MAIAGENT_INBOX_ID": "1 2", "MAIAGENT_WEBCHAT_ID": "a/b", "MAIAGENT_CHAT_URL": "ftp://chat.example",
			"DATABASE_URL": "mssql://canary-user:canary-password@db/shop", "SITE_NAMESPACE": "a b",
			"SESSION_KEY": "canary-short", "REDIS_URL": "http://canary-password@redis", "TRUSTED_ORIGIN": "https://shop.example/path",
		}, []string{
			"ADDR: ", "SITE_NAMESPACE: ", "DATABASE_URL: must begin with", "SESSION_KEY: must be at least 32 bytes",
			"REDIS_URL: must be", "TRUSTED_ORIGIN: ", "MAIAGENT_BASE_URL: webchat: base URL: it must use https", "MAIAGENT_API_KEY: ",
			"MAIAGENT_INBOX_ID: ", "MAIAGENT_WEBCHAT_ID: ", "MAIAGENT_CHAT_URL: ",
		}},
		{"the web chat's id as the inbox's", map[string]string{"MAIAGENT_INBOX_ID": webchattest.DefaultWebChatID},
			[]string{"MAIAGENT_WEBCHAT_ID: is the same"}},
		{"a database without a path", map[string]string{"DATABASE_URL": "sqlite:"}, []string{"DATABASE_URL: must name a file"}},
		{"a database in no directory", map[string]string{"DATABASE_URL": "sqlite:/no/such/directory/shop.db"}, []string{"DATABASE_URL: names a file in a directory"}},
		{"a directory for a database", map[string]string{"DATABASE_URL": "sqlite:" + t.TempDir()}, []string{"DATABASE_URL: must name a file"}},
		{"a database in memory", map[string]string{"DATABASE_URL": "sqlite::memory:"}, []string{"DATABASE_URL: must name a file"}},
		{"a postgres URL that cannot be read", map[string]string{"DATABASE_URL": "postgres://u:canary%zz@db/shop"}, []string{"DATABASE_URL: cannot be read"}},
		{"a mysql URL that cannot be read", map[string]string{"DATABASE_URL": "mysql://u:canary%zz@db/shop"}, []string{"DATABASE_URL: cannot be read"}},
		{"a mysql URL without a database", map[string]string{"DATABASE_URL": "mysql://u:canary@db:3306"}, []string{"DATABASE_URL: cannot be read"}},
		{"a mysql URL with a wrong parameter", map[string]string{"DATABASE_URL": "mysql://u:canary@db/shop?parseTime=canary"}, []string{"DATABASE_URL: has a parameter"}},
		{"a key of 31 bytes", map[string]string{"SESSION_KEY": hex.EncodeToString(make([]byte, 31))}, []string{"SESSION_KEY: "}},
		{"visitors at another time", map[string]string{"CHAT_VISITORS": "never"}, []string{"CHAT_VISITORS: "}},
		{"an origin without a scheme", map[string]string{"TRUSTED_ORIGIN": "shop.example"}, []string{"TRUSTED_ORIGIN: "}},
		{"metrics nowhere", map[string]string{"METRICS_ADDR": "nowhere"}, []string{"METRICS_ADDR: "}},
		{"an unknown port", map[string]string{"ADDR": "127.0.0.1:99999"}, []string{"ADDR: "}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			env := func(name string) string {
				if value, ok := test.change[name]; ok {
					return value
				}
				return complete[name]
			}
			_, err := readSettings(env)
			faults, _ := err.(settingFaults)
			if !slices.EqualFunc(faults, test.faults, strings.HasPrefix) || (err == nil) != (test.faults == nil) {
				t.Errorf("got %q", faults)
			}
			if err == nil {
				return
			}
			var stdout, stderr bytes.Buffer
			if code := run(t.Context(), env, &stdout, &stderr); code != exitMisconfigured || stdout.Len() > 0 {
				t.Errorf("exit code %d, stdout %q", code, &stdout)
			}
			if got := stderr.String(); strings.Count(got, "\n") != 1+len(test.faults) || strings.Contains(got, "canary") {
				t.Errorf("stderr is %q", got)
			}
		})
	}
}

func TestSettingsDefault(t *testing.T) {
	t.Parallel()
	s, err := readSettings(func(name string) string {
		return map[string]string{"MAIAGENT_INBOX_ID": "unused"}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.addr != "127.0.0.1:8080" || !s.simulated || s.namespace != "example-shop" || s.origin != "" || len(s.sessionKey) != sessionKeyBytes ||
		s.database.dialect != sqlstore.SQLite || !strings.HasSuffix(s.database.path, filepath.FromSlash("/maicontact-example/shop.db")) {
		t.Errorf("the defaults are %+v", s)
	}
	if len(s.warnings) != 2 || !strings.HasPrefix(s.warnings[0], "SESSION_KEY ") || !strings.HasPrefix(s.warnings[1], "MAIAGENT_INBOX_ID ") {
		t.Errorf("the warnings are %q", s.warnings)
	}
}

func TestSessionKey(t *testing.T) {
	t.Parallel()
	key := bytes.Repeat([]byte{0xfb, 0xef, 0xff, 1}, 10)
	for _, text := range []string{
		hex.EncodeToString(key), strings.ToUpper(hex.EncodeToString(key)),
		base64.StdEncoding.EncodeToString(key), base64.RawStdEncoding.EncodeToString(key),
		base64.URLEncoding.EncodeToString(key), base64.RawURLEncoding.EncodeToString(key),
	} {
		if got, err := parseSessionKey(text); err != nil || !bytes.Equal(got, key) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"0123", strings.Repeat("!", 64), base64.StdEncoding.EncodeToString(key[:31])} {
		if _, err := parseSessionKey(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                            "",
		"https://shop.example":        "https://shop.example",
		"https://Shop.Example/":       "https://shop.example",
		"https://shop.example:443":    "https://shop.example",
		"http://shop.example:80/":     "http://shop.example",
		"http://localhost:8080":       "http://localhost:8080",
		"https://[::1]:443":           "https://[::1]",
		"shop.example":                "error",
		"ftp://shop.example":          "error",
		"https://shop.example/a":      "error",
		"https://shop.example?a":      "error",
		"https://user@shop.example":   "error",
		"https://shop.example, https": "error",
		"https://":                    "error",
	} {
		got, err := parseOrigin(text)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q is %q, not %q", text, got, want)
		}
	}
}

// An address of MySQL becomes the driver's settings, whatever its password holds.
func TestMySQLAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"mysql://shop:p%40s%3As%2Fw%3F@db.example:3307/shop?tls=skip-verify": "shop:p@s:s/w?@tcp(db.example:3307)/shop?tls=skip-verify",
		"mysql://shop@[::1]/shop-2":                                 "shop@tcp([::1]:3306)/shop-2",
		"mysql://db/shop?sql_mode=%27TRADITIONAL%27&parseTime=true": "tcp(db:3306)/shop?parseTime=true&sql_mode=%27TRADITIONAL%27",
	} {
		config, err := mysqlConfig(address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		if got := config.FormatDSN(); got != want {
			t.Errorf("%s is %s, want %s", address, got, want)
		}
	}
}
