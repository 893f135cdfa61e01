package maicontact

import "testing"

// What is looked for first may not hide anybody from the expression.
func FuzzCrawlerWords(f *testing.F) {
	for _, agent := range []string{
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
		"Googlebot/2.1", "YandexBOT", "xSpider-y", "crawler", "Slurp", "FacebookExternalHit/1.1", "Mediapartners-Google",
		"kube-probe/1.30", "\u017Fpider", "\u212Aube-probe", "GoogleHC", "elb-healthcheck", "a\xffbot",
	} {
		f.Add(agent)
	}
	f.Fuzz(func(t *testing.T, agent string) {
		if crawler.MatchString(agent) && !mayBeCrawler(agent) {
			t.Errorf("%q is not looked at", agent)
		}
	})
}

func BenchmarkCrawler(b *testing.B) {
	const chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
	b.Run("words", func(b *testing.B) {
		for b.Loop() {
			mayBeCrawler(chrome)
		}
	})
	b.Run("expression", func(b *testing.B) {
		for b.Loop() {
			crawler.MatchString(chrome)
		}
	})
}
