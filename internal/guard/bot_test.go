package guard

import (
	"regexp"
	"strings"
	"testing"
)

const chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"

func TestBots(t *testing.T) {
	for _, agent := range []string{
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot/2.1", "YandexBOT", "Examplebot", "my-bot", "my_bot",
		"xSpider-y", "crawler", "Slurp", "FacebookExternalHit/1.1", "Mediapartners-Google", "360Spider", "Googlebot on a CUBOT",
		"kube-probe/1.31", "\u212Aube-probe", "GoogleHC", "ELB-HealthChecker/2.0", "a\xffbot", "bot_x",
		// Agents that run scripts, and are nobody's browser.
		"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36 (compatible; GoogleOther)",
		"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36 (compatible; Google-InspectionTool/1.0;)",
		chrome + " Chrome-Lighthouse",
		chrome + " DatadogSynthetics",
		"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; BingPreview/1.0b) Chrome/140.0.0.0 Safari/537.36",
	} {
		if !isBot(agent) {
			t.Errorf("%s: a person", agent)
		}
	}
	for _, agent := range []string{
		"", chrome, "Mozilla/5.0 (Linux; Android 9; CUBOT_POWER) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
		"Bottle/1.0", "Spiderman/2", "robotics", "\u017Fpider", strings.Repeat("bot ", maxAgent),
	} {
		if isBot(agent) {
			t.Errorf("%.200s: a bot", agent)
		}
	}
}

// The first look finds each word, wherever it stands, and lets browsers pass.
func TestRarePairs(t *testing.T) {
	for _, word := range append(append([]string{}, botNames...), botSuffixes...) {
		for _, text := range []string{word, "x" + word, strings.ToUpper(word) + "x", "ab" + word + "/1", "\u00e9" + word} {
			if !mayBeBot(text) {
				t.Errorf("%s is passed over", text)
			}
		}
	}
	for _, agent := range []string{
		chrome, "",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
	} {
		if mayBeBot(agent) {
			t.Errorf("%s takes the long way", agent)
		}
	}
}

// botText says in another way what the filter looks for.
var botText = regexp.MustCompile(`[a-z]*(?:bot|crawler|spider)(?:[^a-z0-9]|$)|slurp|facebookexternalhit|mediapartners-google|kube-probe|googlehc|healthcheck|googleother|google-inspectiontool|chrome-lighthouse|datadogsynthetics|bingpreview`)

func FuzzBots(f *testing.F) {
	for _, agent := range []string{chrome, "Googlebot/2.1", "YandexBOT", "xSpider-y", "botbot", "\u017Fpider", "\u212Aube-probe", "a\xffbot", "bot\u00e9"} {
		f.Add(agent)
	}
	f.Fuzz(func(t *testing.T, agent string) {
		lower := strings.ToLower(agent)
		if got, want := isBot(agent), len(agent) <= maxAgent && botText.MatchString(lower); got != want && !strings.Contains(lower, "cubot") {
			t.Errorf("%q: %t, want %t", agent, got, want)
		}
	})
}

func BenchmarkBots(b *testing.B) {
	b.Run("words", func(b *testing.B) {
		for b.Loop() {
			isBot(chrome)
		}
	})
	b.Run("expression", func(b *testing.B) {
		text := regexp.MustCompile(`(?i)\b[a-z]*(?:bot|crawler|spider)(?:\b|[/;_-])|\bslurp\b|facebookexternalhit|mediapartners-google|kube-probe|googlehc|healthcheck|googleother|google-inspectiontool|chrome-lighthouse|datadogsynthetics|bingpreview`)
		for b.Loop() {
			text.MatchString(chrome)
		}
	})
}
