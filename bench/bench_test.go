package main

import "testing"

// TestRows prepares each row, which checks that its handlers answer for the
// right person, and takes its figures once. Nothing is timed.
func TestRows(t *testing.T) {
	for _, r := range rows() {
		t.Run(r.name, func(t *testing.T) {
			if r.figures != nil {
				if _, err := r.figures(smoke); err != nil {
					t.Error(err)
				}
			}
			if r.compare == nil {
				return
			}
			_, closeAll, err := r.compare()
			if closeAll != nil {
				defer closeAll()
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// BenchmarkRows runs each side by itself, for profiles.
func BenchmarkRows(b *testing.B) {
	for _, r := range rows() {
		if r.compare == nil {
			continue
		}
		b.Run(r.name, func(b *testing.B) {
			pairs, closeAll, err := r.compare()
			if closeAll != nil {
				defer closeAll()
			}
			if err != nil {
				b.Fatal(err)
			}
			for _, c := range pairs {
				for _, s := range []side{c.ours, c.rival} {
					b.Run(join(c.name, s.name), s.bench)
				}
			}
		})
	}
}
