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

// crawlerWords are what crawler cannot match without, by their first letter.
var crawlerWords = func() (by [utf8.RuneSelf][]string) {
	for _, word := range []string{
		"bot", "crawler", "spider", "slurp", "facebookexternalhit", "mediapartners-google", "kube-probe", "googlehc", "healthcheck",
		"googleother", "google-inspectiontool", "chrome-lighthouse", "datadogsynthetics", "bingpreview",
	} {
		by[word[0]] = append(by[word[0]], word)
	}
	return by
}()

// mayBeCrawler is false for almost everybody, in a twentieth of the time that
// crawler takes.
func mayBeCrawler(agent string) bool {
	for i := range len(agent) {
		if agent[i] >= utf8.RuneSelf {
			return true // letters that differ in case only may lie outside ASCII
		}
		for _, word := range crawlerWords[agent[i]|' '] {
			if len(agent)-i >= len(word) && strings.EqualFold(agent[i:i+len(word)], word) {
				return true
			}
		}
	}
	return false
}

func isBot(h http.Header) bool {
	agent := first(h, "User-Agent")
	return len(agent) <= 4096 && mayBeCrawler(agent) && crawler.MatchString(agent) && !strings.Contains(strings.ToLower(agent), "cubot")
}
