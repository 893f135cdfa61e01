package maicontact

import (
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"
)

// crawler matches user agents that call themselves one. People's browsers
// hold none of these words at these places.
var crawler = regexp.MustCompile(`(?i)\b[a-z]*(?:bot|crawler|spider)(?:\b|[/;_-])|\bslurp\b|facebookexternalhit|mediapartners-google|kube-probe|googlehc|healthcheck|googleother|google-inspectiontool|chrome-lighthouse|datadogsynthetics|bingpreview`)

// crawlerWords are what crawler cannot match without, by their first letter in
// lower case.
var crawlerWords = func() (by [utf8.RuneSelf][]string) {
	for _, word := range []string{
		"bot", "crawler", "spider", "slurp", "facebookexternalhit", "mediapartners-google", "kube-probe", "googlehc", "healthcheck",
		"googleother", "google-inspectiontool", "chrome-lighthouse", "datadogsynthetics", "bingpreview",
	} {
		by[word[0]] = append(by[word[0]], word)
	}
	return by
}()

// crawlerPairs has, for the first letter of a word in either case, a bit for
// each letter that comes second.
var crawlerPairs = func() (second [256]uint32) {
	for first, words := range crawlerWords {
		for _, word := range words {
			second[first] |= 1 << (word[1] & 31)
			second[first&^' '] |= 1 << (word[1] & 31)
		}
	}
	return second
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
	for _, word := range crawlerWords[s[0]|' '] {
		// The third letter settles it for nearly all.
		if len(s) >= len(word) && s[2]|' ' == word[2] && strings.EqualFold(s[:len(word)], word) {
			return true
		}
	}
	return false
}

func isBot(h http.Header) bool {
	agent := first(h, "User-Agent")
	return len(agent) <= 4096 && mayBeCrawler(agent) && crawler.MatchString(agent) && !strings.Contains(strings.ToLower(agent), "cubot")
}
