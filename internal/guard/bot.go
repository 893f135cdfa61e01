package guard

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// botNames are those of crawlers and checkers. No person's browser holds one.
var botNames = []string{
	"slurp", "facebookexternalhit", "mediapartners-google", "kube-probe", "googlehc", "healthcheck", "googleother",
	"google-inspectiontool", "chrome-lighthouse", "datadogsynthetics", "bingpreview",
}

// botEnds are how the words end that crawlers call themselves: "Examplebot/1.0".
var botEnds = []string{"bot", "crawler", "spider"}

// rarePairs are letters that stand beside each other in every one of these words,
// wherever one looks at each second pair of letters: the first of two at an even
// place of the word, the other at an odd one. Hardly a browser's agent holds any.
var rarePairs = pairsOf("bo", "ot", "aw", "wl", "sp", "de", // the ends
	"sl", "lu", "xt", "og", "gl", "ku", "ub", "th", "lt", "ig", "gh", "ev", "gp")

// pairsOf has a bit for each pair of letters, in any case.
func pairsOf(list ...string) (pairs [32]uint32) {
	for _, pair := range list {
		pairs[pair[0]&31] |= 1 << (pair[1] & 31)
	}
	return pairs
}

// mayBeBot spares browsers the search for each word.
func mayBeBot(agent string) bool {
	var all, found uint32
	for i := 1; i < len(agent); i += 2 {
		a, b := uint32(agent[i-1]), uint32(agent[i])
		all |= a | b
		found |= rarePairs[a&31] >> (b & 31) & (a & b >> 6) // no digit has that bit
	}
	return found&1 != 0 || all >= utf8.RuneSelf // what lower case makes of other text is not known
}

// longestAgent is more than any browser sends.
const longestAgent = 4096

// isBot tells user agents that call themselves one. A regular expression of the
// same takes many times as long, for everybody.
func isBot(agent string) bool {
	if len(agent) > longestAgent || !mayBeBot(agent) {
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
	for _, end := range botEnds {
		for rest := lower; ; {
			before, after, found := bytes.Cut(rest, []byte(end))
			if !found {
				break
			}
			cubot := end == "bot" && bytes.HasSuffix(before, []byte("cu")) // makes telephones
			if !cubot && (len(after) == 0 || !isLetterOrDigit(after[0])) {
				return true
			}
			rest = after
		}
	}
	return false
}

// appendLower appends ASCII text in lower case, which takes no room of its own
// for the agent of a browser. ok is false where there is other text.
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
