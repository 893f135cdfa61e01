package main

import (
	"runtime"
)

// coresRow is how many scripts, how many pages that do not ask, and how many bare
// pages one and two cores make in a second. What two make more is at most what
// the machine has to spare, and the bare handler tells that: it is the measure of
// the other two. The CPU time of a request on two cores, over that on one, shows
// what they take from each other however busy the machine is: 1 is nothing.
func coresRow() row {
	return row{
		name: "growth/cores",
		figures: func(n size) ([]figure, error) {
			var open closing
			defer open.close()
			s, p, err := visitorOnRecommended(&open)
			if err != nil {
				return nil, err
			}
			page := reply{"text/html; charset=utf-8", p.script}
			request, want := newRequest(0, p.cookies...), len(p.script)
			paths := []*onCores{
				{side: side{"bare", serveParallel(page, request, want)}},
				{side: side{"page", serveParallel(s.middleware.Handler(page), request, want)}},
				{side: side{"script", s.ofSessions(serveParallel(s.script(), request, want))}},
			}
			// In turns, so that a neighbour disturbs all of them.
			for range map[size]int{smoke: 0, short: 1, full: 7}[n] {
				for _, o := range paths {
					if err := o.round(); err != nil {
						return nil, err
					}
				}
			}
			var all []figure
			for _, o := range paths {
				all = append(all, o.figures()...)
			}
			return all, nil
		},
	}
}

// onCores is a path, and what its rounds gave.
type onCores struct {
	side
	one, two, more, cpu []float64
}

func (o *onCores) round() error {
	var costs [2]cost
	for i := range costs {
		before := runtime.GOMAXPROCS(i + 1)
		c, err := o.once()
		runtime.GOMAXPROCS(before)
		if err != nil {
			return err
		}
		costs[i] = c
	}
	o.one, o.two = append(o.one, 1e6/costs[0].ns), append(o.two, 1e6/costs[1].ns)
	o.more = append(o.more, costs[0].ns/costs[1].ns)
	if costs[0].cpu > 0 {
		o.cpu = append(o.cpu, costs[1].cpu/costs[0].cpu)
	}
	return nil
}

func (o *onCores) figures() []figure {
	if len(o.one) == 0 {
		return nil
	}
	found := []figure{
		{name: o.name + "/1", value: quartilesOf(o.one).median, unit: "thousand/s"},
		{name: o.name + "/2", value: quartilesOf(o.two).median, unit: "thousand/s"},
		{name: o.name + "/2 over 1", value: quartilesOf(o.more).median, unit: "times"},
	}
	if len(o.cpu) > 0 {
		found = append(found, figure{name: o.name + "/2 over 1, CPU time of each", value: quartilesOf(o.cpu).median, unit: "times"})
	}
	return found
}
