package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// loadConnections is how many connections a generator keeps busy.
const loadConnections = 32

// loadJob is what a generator is told to do, as a line of JSON.
type loadJob struct {
	Address string // of the server
	Origin  string // of the site as browsers show it; empty: that of the address
	Path    string
	Cookie  string
	For     time.Duration
}

// loadResult is what it answers with.
type loadResult struct {
	PerSecond float64
	P50, P99  time.Duration
	Error     string
}

// generate does one job after the other until in ends.
func generate(in io.Reader, out io.Writer) error {
	jobs, results := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var job loadJob
		if err := jobs.Decode(&job); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := results.Encode(job.run()); err != nil {
			return err
		}
	}
}

// run asks on all connections, each as soon as it has its answer.
func (j loadJob) run() loadResult {
	var group sync.WaitGroup
	waits, errs := make([][]time.Duration, loadConnections), make([]error, loadConnections)
	start := time.Now()
	for i := range loadConnections {
		group.Go(func() { waits[i], errs[i] = j.ask(start.Add(j.For)) })
	}
	group.Wait()
	took := time.Since(start)
	if err := errors.Join(errs...); err != nil {
		return loadResult{Error: err.Error()}
	}
	all := slices.Sorted(slices.Values(slices.Concat(waits...)))
	if len(all) == 0 {
		return loadResult{Error: "nothing was answered"}
	}
	return loadResult{float64(len(all)) / took.Seconds(), all[len(all)/2], all[len(all)*99/100], ""}
}

func (j loadJob) ask(until time.Time) (waits []time.Duration, err error) {
	conn, err := net.Dial("tcp", j.Address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	request, replies := j.request(), bufio.NewReaderSize(conn, 64<<10)
	for now := time.Now(); len(waits) == 0 || now.Before(until); {
		if _, err := conn.Write(request); err != nil {
			return nil, err
		}
		if _, err := readReply(replies, io.Discard); err != nil {
			return nil, err
		}
		after := time.Now()
		waits = append(waits, after.Sub(now))
		now = after
	}
	return waits, nil
}

// request is what a browser sends.
func (j loadJob) request() []byte {
	destination, mode := "document", "navigate"
	if strings.Contains(j.Path, "script") || strings.HasSuffix(j.Path, ".js") {
		destination, mode = "script", "no-cors"
	}
	origin := cmp.Or(j.Origin, "http://"+j.Address)
	_, host, _ := strings.Cut(origin, "://")
	r := "GET " + j.Path + " HTTP/1.1\r\nHost: " + host + "\r\n" +
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n" +
		"Accept: */*\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9\r\n" +
		"Referer: " + origin + "/\r\nSec-Fetch-Dest: " + destination + "\r\nSec-Fetch-Mode: " + mode + "\r\nSec-Fetch-Site: same-origin\r\n"
	if j.Cookie != "" {
		r += "Cookie: " + j.Cookie + "\r\n"
	}
	return []byte(r + "\r\n")
}

// readReply reads one reply, whose status must be 200 or that of a form that was
// taken, 303, and returns the cookies that it sets. It is much cheaper than a
// client of net/http, so that the server is what limits.
func readReply(r *bufio.Reader, body io.Writer) (cookies []string, err error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(string(line), "HTTP/1.1 200") && !strings.HasPrefix(string(line), "HTTP/1.1 303") {
		return nil, fmt.Errorf("the server answered %q", line)
	}
	length, chunked := int64(0), false
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		if len(line) <= 2 {
			break
		}
		switch {
		case hasName(line, "Content-Length:"):
			if length, err = strconv.ParseInt(strings.TrimSpace(string(line[15:])), 10, 64); err != nil {
				return nil, err
			}
		case hasName(line, "Transfer-Encoding:"):
			chunked = true
		case hasName(line, "Set-Cookie:"):
			pair, _, _ := strings.Cut(strings.TrimSpace(string(line[11:])), ";")
			cookies = append(cookies, pair)
		}
	}
	if !chunked {
		_, err = io.CopyN(body, r, length)
		return cookies, err
	}
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		size, err := strconv.ParseInt(strings.TrimSpace(string(line)), 16, 64)
		if err != nil {
			return nil, err
		}
		if _, err := io.CopyN(body, r, size); err != nil {
			return nil, err
		}
		if _, err := r.Discard(2); err != nil || size == 0 {
			return cookies, err
		}
	}
}

func hasName(line []byte, name string) bool {
	return len(line) > len(name) && strings.EqualFold(string(line[:len(name)]), name)
}

// ask sends one request and returns the cookies that the reply sets.
func ask(address string, request []byte) (cookies []string, err error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if _, err := conn.Write(request); err != nil {
		return nil, err
	}
	return readReply(bufio.NewReader(conn), io.Discard)
}
