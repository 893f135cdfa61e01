package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// settings come from the environment or from flags. The API key has no flag of its own:
// every user of a machine can read its command lines.
type settings struct {
	BaseURL     string `help:"Address of MaiAgent's API (MAIAGENT_BASE_URL). Default: https://api.maiagent.ai/api/." placeholder:"URL"`
	APIKeyFile  string `help:"File with the API key in it, instead of MAIAGENT_API_KEY." placeholder:"FILE"`
	InboxID     string `help:"Id of the inbox (MAIAGENT_INBOX_ID)." name:"inbox-id" placeholder:"UUID"`
	WebChatID   string `help:"Id of the web chat (MAIAGENT_WEBCHAT_ID)." name:"webchat-id" placeholder:"ID"`
	ChatURL     string `help:"Chat host (MAIAGENT_CHAT_URL). Default: https://chat.maiagent.ai." placeholder:"URL"`
	DatabaseURL string `help:"sqlite:PATH, postgres://... or mysql://... (DATABASE_URL)." placeholder:"URL"`
	Namespace   string `help:"Namespace of the site (SITE_NAMESPACE)." placeholder:"NAME"`

	APIKey string `kong:"-"`
}

// variables are the names of the settings in the environment, by their flags.
var variables = map[string]string{
	"base-url": "MAIAGENT_BASE_URL", "inbox-id": "MAIAGENT_INBOX_ID", "webchat-id": "MAIAGENT_WEBCHAT_ID",
	"chat-url": "MAIAGENT_CHAT_URL", "database-url": "DATABASE_URL", "namespace": "SITE_NAMESPACE",
}

// environment resolves a flag that is not given from the environment.
func environment(env func(string) string) kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if value := strings.TrimSpace(env(variables[flag.Name])); variables[flag.Name] != "" && value != "" {
			return value, nil
		}
		return nil, nil
	})
}

// settingFault is one thing that is wrong with a setting. It never repeats the value,
// which may be secret.
type settingFault struct{ Setting, Says string }

// String returns the setting and what is wrong with it.
func (f settingFault) String() string { return f.Setting + ": " + f.Says }

// settingFaults is everything that is wrong with the settings.
type settingFaults []settingFault

// Error implements error.
func (f settingFaults) Error() string {
	all := make([]string, len(f))
	for i, fault := range f {
		all[i] = fault.String()
	}
	return strings.Join(all, "; ")
}

func (f *settingFaults) check(setting string, err error) {
	if err != nil {
		*f = append(*f, settingFault{setting, err.Error()})
	}
}

func (f settingFaults) err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

// readKey reads the API key.
func (s *settings) readKey(env func(string) string) error {
	s.APIKey = strings.TrimSpace(env("MAIAGENT_API_KEY"))
	if s.APIKeyFile == "" {
		return nil
	}
	text, err := os.ReadFile(s.APIKeyFile)
	if err != nil {
		return errors.New("cannot be read: " + causeOf(err))
	}
	s.APIKey = strings.TrimSpace(string(text))
	return nil
}

// keyName returns the name of the setting that the API key is from.
func (s *settings) keyName() string {
	if s.APIKeyFile != "" {
		return "--api-key-file"
	}
	return "MAIAGENT_API_KEY"
}

// causeOf returns why a file cannot be used, without its name.
func causeOf(err error) string {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err.Error()
	}
	return err.Error()
}

// checkMaiAgent has the library check each value by itself, so that each fault has the
// name of its setting.
func (s *settings) checkMaiAgent(env func(string) string) (faults settingFaults) {
	const anyKey = "any"
	unread := s.readKey(env)
	faults.check(s.keyName(), unread)
	_, err := webchat.NewClient(webchat.Config{BaseURL: s.BaseURL, APIKey: anyKey})
	faults.check("MAIAGENT_BASE_URL", plain(err))
	switch _, err := webchat.NewClient(webchat.Config{APIKey: s.APIKey}); {
	case unread != nil:
	case s.APIKey == "":
		faults.check(s.keyName(), errors.New("is required; make one in MaiAgent's console"))
	default:
		faults.check(s.keyName(), plain(err))
	}
	switch id, err := webchat.ParseInboxID(s.InboxID); {
	case s.InboxID == "":
		faults.check("MAIAGENT_INBOX_ID", errors.New("is required; it is the id of the conversation platform in MaiAgent's console"))
	case err != nil:
		faults.check("MAIAGENT_INBOX_ID", errors.New("must be the id of the inbox, a UUID"))
	default:
		s.InboxID = id
	}
	return faults
}

func (s *settings) checkNamespace() (faults settingFaults) {
	if !contacts.IsName(s.Namespace) {
		faults.check("SITE_NAMESPACE", errors.New("must be the site's namespace: 1 to 64 letters, digits and ._-"))
	}
	return faults
}

// checkChat checks the settings that only the page needs.
func (s *settings) checkChat() (faults settingFaults) {
	const anyID = "6f0c7f0e-6a39-4a3f-8a4f-7a2f5f0f7d11"
	switch {
	case s.WebChatID == "":
		faults.check("MAIAGENT_WEBCHAT_ID", errors.New("is required; it is the id of the web chat in MaiAgent's console"))
	case strings.EqualFold(s.WebChatID, s.InboxID):
		faults.check("MAIAGENT_WEBCHAT_ID", errors.New("is the same as MAIAGENT_INBOX_ID; they are two different ids in MaiAgent"))
	default:
		faults.check("MAIAGENT_WEBCHAT_ID", plain(webchat.Widget{WebChatID: s.WebChatID}.Validate()))
	}
	faults.check("MAIAGENT_CHAT_URL", plain(webchat.Widget{WebChatID: anyID, ChatURL: s.ChatURL}.Validate()))
	return faults
}

// plain removes the library's name of the value, as the name of the setting is before
// it.
func plain(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	for _, prefix := range []string{"webchat: ", "base URL: ", "API key ", "widget: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return errors.New(text)
}

func (s *settings) client() (*webchat.Client, error) {
	client, err := webchat.NewClient(webchat.Config{BaseURL: s.BaseURL, APIKey: s.APIKey})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUsage, err)
	}
	return client, nil
}

// checkRate checks --rate.
func checkRate(rate float64) error {
	if !(rate > 0) || math.IsInf(rate, 0) { // NaN is not more than anything
		return fmt.Errorf("%w: --rate must be a number of more than 0", errUsage)
	}
	return nil
}
