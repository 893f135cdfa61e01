package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// loadRows are measured over loopback, between processes. They are no part of
// the other rows: they take minutes.
func loadRows(isExample bool) []row {
	if isExample {
		return []row{{name: "example under load", target: "none: for information", figures: measureExample}}
	}
	return []row{{
		name:   "throughput kept over loopback",
		target: "page that does not ask at least 0.97, script route at least 0.75", figures: measureLoad,
	}}
}

func measureLoad(howMuch size) (_ []figure, err error) {
	rounds, each := 15, time.Second
	if howMuch != full {
		rounds, each = 1, 200*time.Millisecond
	}
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
		set, err := ask(server.address, loadJob{Address: server.address, Path: path}.request())
		if err != nil {
			return nil, err
		}
		cookies = append(cookies, set...)
	}
	for _, path := range paths {
		jobs[path] = loadJob{Address: server.address, Path: path, Cookie: strings.Join(cookies, "; "), For: each}
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
	leastPage, leastScript := 0.97, 0.75
	if howMuch != full {
		leastPage, leastScript = 0, 0 // it only shows that all of it works
	}
	found := []figure{
		{name: "page that does not ask", value: kept("/page", "/bare/page"), unit: "of bare", least: leastPage},
		{name: "script route", value: kept("/script", "/bare/script"), unit: "of bare", least: leastScript},
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

// measureExample loads the example's front page and script, for somebody who
// has signed up, beside a bare handler in a server of its own.
func measureExample(howMuch size) ([]figure, error) {
	each := 30 * time.Second
	if howMuch != full {
		each = time.Second
	}
	directory, err := os.MkdirTemp("", "bench-example-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(directory)
	program := filepath.Join(directory, "shop")
	build := exec.Command("go", "build", "-o", program, "github.com/maicontact/maicontact/example") // #nosec G204 -- the program is ours
	if said, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("run this in the repository: %w: %s", err, said)
	}
	bare, err := startServer(nil, os.Args[0], "serve")
	if err != nil {
		return nil, err
	}
	defer bare.stop()
	shop, err := startServer([]string{
		"ADDR=127.0.0.1:0", "DATABASE_URL=sqlite:" + filepath.Join(directory, "shop.db"), "XDG_CACHE_HOME=" + directory,
		"SESSION_KEY=" + strings.Repeat("0123456789abcdef", 4),
	}, program)
	if err != nil {
		return nil, err
	}
	defer shop.stop()
	generator, err := startGenerator()
	if err != nil {
		return nil, err
	}
	defer generator.stop()
	cookie, err := signUp(shop.address)
	if err != nil {
		return nil, err
	}
	var found []figure
	for _, job := range []struct {
		name string
		of   *child
		job  loadJob
	}{
		{"bare page", bare, loadJob{bare.address, "/bare/page", "", each}},
		{"front page", shop, loadJob{shop.address, "/", cookie, each}},
		{"bare script", bare, loadJob{bare.address, "/bare/script", "", each}},
		{"script", shop, loadJob{shop.address, "/webchat.js", cookie, each}},
	} {
		r, err := generator.do(job.job)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", job.name, err)
		}
		found = append(found, figuresOf(job.name, []loadResult{r})...)
		found = append(found, figure{name: job.name + " resident memory afterwards", value: job.of.resident(), unit: "MiB"})
	}
	return found, nil
}

// signUp makes an account in the shop and lets its browser ask for the script
// once. It returns the cookies.
func signUp(address string) (cookie string, err error) {
	form := url.Values{"email": {"alice@example.com"}, "name": {"Alice Chen"}, "phone": {"+886912345678"}, "password": {"correct horse battery"}}.Encode()
	cookies, err := ask(address, []byte("POST /signup HTTP/1.1\r\nHost: "+address+"\r\nSec-Fetch-Site: same-origin\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "+strconv.Itoa(len(form))+"\r\n\r\n"+form))
	if err != nil {
		return "", err
	}
	more, err := ask(address, loadJob{Address: address, Path: "/webchat.js", Cookie: strings.Join(cookies, "; ")}.request())
	return strings.Join(append(cookies, more...), "; "), err
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

// child is a server or a generator in a process of its own.
type child struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	address string
}

// start starts a process on one core, where there is taskset, and with one
// processor in any case.
func start(core int, environment []string, program string, arguments ...string) (*child, error) {
	if taskset, err := exec.LookPath("taskset"); err == nil {
		arguments = append([]string{"-c", strconv.Itoa(core), program}, arguments...)
		program = taskset
	}
	command := exec.Command(program, arguments...) // #nosec G204 -- programs of ours
	command.Env = append(append(os.Environ(), "GOMAXPROCS=1"), environment...)
	in, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	return &child{command: command, in: in, out: bufio.NewReader(out)}, nil
}

// startServer starts a server, which prints its address in its first line.
func startServer(environment []string, program string, arguments ...string) (*child, error) {
	c, err := start(0, environment, program, arguments...)
	if err != nil {
		return nil, err
	}
	line, err := c.out.ReadString('\n')
	_, address, ok := strings.Cut(strings.TrimSpace(line), "http://")
	if err != nil || !ok {
		c.stop()
		return nil, errors.Join(fmt.Errorf("%s did not say where it listens", program), err)
	}
	go func() { _, _ = io.Copy(io.Discard, c.out) }()
	c.address = strings.TrimSuffix(address, "/")
	return c, nil
}

func startGenerator() (*child, error) { return start(1, nil, os.Args[0], "generate") }

func (c *child) do(job loadJob) (r loadResult, err error) {
	line, err := json.Marshal(job)
	if err == nil {
		_, err = c.in.Write(append(line, '\n'))
	}
	if err != nil {
		return r, err
	}
	answer, err := c.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(answer, &r)
	}
	if r.Error != "" {
		err = errors.New(r.Error)
	}
	return r, err
}

// stop ends the process: ours end with their input, the shop by a signal.
func (c *child) stop() {
	_ = c.in.Close()
	_ = c.command.Process.Signal(os.Interrupt)
	_ = c.command.Wait()
}

// resident is what the process has in memory, in MiB; 0 where that cannot be
// told.
func (c *child) resident() float64 {
	status, _ := os.ReadFile("/proc/" + strconv.Itoa(c.command.Process.Pid) + "/status")
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	kilobytes, _ := strconv.ParseFloat(strings.TrimSpace(strings.SplitN(after, "kB", 2)[0]), 64)
	return kilobytes / 1024
}

// cpu is the seconds of CPU time that the process has used; 0 where that cannot
// be told.
func (c *child) cpu() float64 {
	stat, _ := os.ReadFile("/proc/" + strconv.Itoa(c.command.Process.Pid) + "/stat")
	_, after, _ := strings.Cut(string(stat), ") ") // behind the program's name
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	inUser, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (inUser + system) / 100 // Linux counts hundredths for everybody
}
