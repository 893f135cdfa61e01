package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// throughputRow is what the site keeps of its throughput over loopback, between
// processes.
func throughputRow() row { return row{name: "throughput", figures: measureLoad} }

// exampleRow is the example under load, for information. It is no part of the
// table: it takes minutes.
func exampleRow() row { return row{name: "example", figures: measureExample} }

func measureLoad(howMuch size) ([]figure, error) {
	if howMuch != full {
		return nil, nil // it takes a minute, and two cores of its own
	}
	const rounds, each = 15, time.Second
	server, err := startServer(nil, os.Args[0], "serve")
	if err != nil {
		return nil, err
	}
	defer server.stop()
	generator, err := startGenerator()
	if err != nil {
		return nil, err
	}
	defer generator.stop()

	paths := []string{"/bare/page", "/page", "/bare/script", "/script", "/gorilla/script"}
	jobs := map[string]loadJob{}
	// All requests carry both cookies, so that they differ in nothing.
	var cookies []string
	for _, path := range []string{"/script", "/gorilla/login"} {
		set, err := ask(server.address, loadJob{Address: server.address, Origin: loadOrigin, Path: path}.request())
		if err != nil {
			return nil, err
		}
		cookies = append(cookies, set...)
	}
	for _, path := range paths {
		jobs[path] = loadJob{Address: server.address, Origin: loadOrigin, Path: path, Cookie: strings.Join(cookies, "; "), For: each}
	}
	results, cpu, answered := map[string][]loadResult{}, map[string]float64{}, map[string]float64{}
	for round := range rounds {
		for i := range paths {
			path := paths[(i+round)%len(paths)]
			before := server.cpu()
			r, err := generator.do(jobs[path])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			cpu[path] += server.cpu() - before
			answered[path] += r.PerSecond * each.Seconds()
			results[path] = append(results[path], r)
		}
	}
	kept := func(path, bare string) float64 {
		var shares []float64
		for i, r := range results[path] {
			shares = append(shares, r.PerSecond/results[bare][i].PerSecond)
		}
		return quartilesOf(shares).median
	}
	// The server is what limits, so less of its time for a request is as much
	// more throughput; and other processes hardly disturb that.
	keptCPU := func(path, bare string) float64 { return cpu[bare] / answered[bare] / (cpu[path] / answered[path]) }
	found := []figure{
		{name: "page that does not ask", value: kept("/page", "/bare/page"), unit: "of bare", least: 0.97},
		{name: "script route", value: kept("/script", "/bare/script"), unit: "of bare", least: 0.75},
		{name: "plain gorilla read", value: kept("/gorilla/script", "/bare/script"), unit: "of bare"},
	}
	if cpu["/bare/page"] > 0 {
		found = append(found,
			figure{name: "page that does not ask, by the server's CPU time", value: keptCPU("/page", "/bare/page"), unit: "of bare"},
			figure{name: "script route, by the server's CPU time", value: keptCPU("/script", "/bare/script"), unit: "of bare"},
			figure{name: "plain gorilla read, by the server's CPU time", value: keptCPU("/gorilla/script", "/bare/script"), unit: "of bare"})
	}
	for _, path := range paths {
		found = append(found, figuresOf(path[1:], results[path])...)
	}
	return found, nil
}

func figuresOf(name string, results []loadResult) []figure {
	median := func(of func(loadResult) float64) float64 {
		var values []float64
		for _, r := range results {
			values = append(values, of(r))
		}
		return quartilesOf(values).median
	}
	return []figure{
		{name: name + " requests", value: median(func(r loadResult) float64 { return r.PerSecond }), unit: "/s"},
		{name: name + " p50", value: median(func(r loadResult) float64 { return float64(r.P50) / 1e6 }), unit: "ms"},
		{name: name + " p99", value: median(func(r loadResult) float64 { return float64(r.P99) / 1e6 }), unit: "ms"},
	}
}
