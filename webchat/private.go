package webchat

import (
	"fmt"
	"io"
	"log/slog"
)

const privateText = "[private]"

// private keeps the struct that embeds it from being printed, by fmt with any verb
// and by slog. What encoding/json writes is not its matter. YAML, which takes what is
// embedded for a field, is to leave it out.
type private struct{}

// String returns "[private]".
func (private) String() string { return privateText }

// GoString returns "[private]".
func (private) GoString() string { return privateText }

// Format writes "[private]" for every verb.
func (private) Format(f fmt.State, _ rune) { io.WriteString(f, privateText) }

// LogValue returns "[private]".
func (private) LogValue() slog.Value { return slog.StringValue(privateText) }
