package guard

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// botNames are names of crawlers and monitors. No browser's user agent contains one.
var botNames = []string{
	"slurp", "facebookexternalhit", "mediapartners-google", "kube-probe", "googlehc", "healthcheck", "googleother",
	"google-inspectiontool", "chrome-lighthouse", "datadogsynthetics", "bingpreview",
}

// botSuffixes end the words that crawlers call themselves: "Examplebot/1.0".
var botSuffixes = []string{"bot", "crawler", "spider"}

// rarePairs are pairs of letters from the words above. Whoever looks at every second
// pair of a user agent finds one of them in each of these words, whether the word
// begins at an even place or at an odd one. Hardly any browser's user agent has one.
var rarePairs = pairsOf("bo", "ot", "aw", "wl", "sp", "de", // the ends
	"sl", "lu", "xt", "og", "gl", "ku", "ub", "th", "lt", "ig", "gh", "ev", "gp")

// pairsOf has a bit for each pair of letters, in any case.
func pairsOf(list ...string) (pairs [32]uint32) {
	for _, pair := range list {
		pairs[pair[0]&31] |= 1 << (pair[1] & 31)
	}
	return pairs
}

// mayBeBot is a quick check, so that browsers are not searched for each word.
func mayBeBot(agent string) bool {
	var all, found uint32
	for i := 1; i < len(agent); i += 2 {
		a, b := uint32(agent[i-1]), uint32(agent[i])
		all |= a | b
		found |= rarePairs[a&31] >> (b & 31) & (a & b >> 6) // no digit has that bit
	}
	return found&1 != 0 || all >= utf8.RuneSelf // other text may become one of the words in lower case
}

// maxAgent is more than any browser sends.
const maxAgent = 4096

// isBot reports whether a user agent calls itself a bot. A regular expression for the
// same takes many times as long, for everybody.
func isBot(agent string) bool {
	if len(agent) > maxAgent || !mayBeBot(agent) {
		return false
	}
	var room [256]byte
	lower, ok := appendLower(room[:0], agent)
	if !ok {
		lower = []byte(strings.ToLower(agent))
	}
	for _, name := range botNames {
		if bytes.Contains(lower, []byte(name)) {
			return true
		}
	}
	for _, end := range botSuffixes {
		for rest := lower; ; {
			before, after, found := bytes.Cut(rest, []byte(end))
			if !found {
				break
			}
			cubot := end == "bot" && bytes.HasSuffix(before, []byte("cu")) // Cubot makes telephones
			if !cubot && (len(after) == 0 || !isLetterOrDigit(after[0])) {
				return true
			}
			rest = after
		}
	}
	return false
}

// appendLower appends ASCII text in lower case. It allocates nothing for the user
// agent of a browser. ok is false for other text.
func appendLower(b []byte, text string) (_ []byte, ok bool) {
	for i := range len(text) {
		c := text[i]
		if c >= utf8.RuneSelf {
			return b, false
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return b, true
}

func isLetterOrDigit(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }
