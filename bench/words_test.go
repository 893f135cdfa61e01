package main

import "testing"

func TestWords(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{rounded(0), "0"},
		{rounded(0.16666), "0.167"},
		{rounded(0.01234), "0.0123"},
		{rounded(9.996), "10.0"},
		{rounded(-18.04), "-18.0"},
		{rounded(2262), "2260"},
		{rounded(999.6), "1000"},
		{number(999), "999"},
		{number(2304), "2304"},
		{number(1.5), "1.50"},
		{duration(583.1), "583 ns"},
		{duration(999.6), "1.00 µs"},
		{duration(83_059), "83.1 µs"},
		{duration(999_600), "1.00 ms"},
		{extraDuration(583.1), "+583 ns"},
		{extraDuration(-1833), "-1.83 µs"},
	} {
		if test.got != test.want {
			t.Errorf("%q, want %q", test.got, test.want)
		}
	}
}
