package maicontact

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// crawler matches user agents that call themselves one. People's browsers
// hold none of these words at these places.
var crawler = regexp.MustCompile(`(?i)\b[a-z]*(?:bot|crawler|spider)(?:\b|[/;_-])|\bslurp\b|facebookexternalhit|mediapartners-google|kube-probe|googlehc|healthcheck|googleother|google-inspectiontool|chrome-lighthouse|datadogsynthetics|bingpreview`)

// crawlerWords are what crawler cannot match without.
var crawlerWords = []string{
	"bot", "crawler", "spider", "slurp", "facebookexternalhit", "mediapartners-google", "kube-probe", "googlehc", "healthcheck",
	"googleother", "google-inspectiontool", "chrome-lighthouse", "datadogsynthetics", "bingpreview",
}

// crawlerPairs has a bit for each letter that follows another at the beginning
// of a word.
var crawlerPairs = func() (follow [256]uint32) {
	for _, word := range crawlerWords {
		for _, first := range word[:1] + strings.ToUpper(word[:1]) {
			follow[first] |= 1 << (word[1] & 31)
		}
	}
	return follow
}()

// mayBeCrawler is false for almost everybody, in a small part of the time that
// crawler takes.
func mayBeCrawler(agent string) bool {
	var last byte
	for i := range len(agent) {
		c := agent[i]
		if c >= utf8.RuneSelf {
			return true // letters that differ in case only may lie outside ASCII
		}
		if crawlerPairs[last]&(1<<(c&31)) != 0 && beginsCrawler(agent[i-1:]) {
			return true
		}
		last = c
	}
	return false
}

func beginsCrawler(s string) bool {
	return slices.ContainsFunc(crawlerWords, func(word string) bool {
		return len(s) >= len(word) && strings.EqualFold(s[:len(word)], word)
	})
}

func isBot(h http.Header) bool {
	agent := first(h, "User-Agent")
	return len(agent) <= 4096 && mayBeCrawler(agent) && crawler.MatchString(agent) && !strings.Contains(strings.ToLower(agent), "cubot")
}
