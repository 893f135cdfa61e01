package main

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

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
		{"bare page", bare, loadJob{Address: bare.address, Path: "/bare/page", For: each}},
		{"front page", shop, loadJob{Address: shop.address, Path: "/", Cookie: cookie, For: each}},
		{"bare script", bare, loadJob{Address: bare.address, Path: "/bare/script", For: each}},
		{"script", shop, loadJob{Address: shop.address, Path: "/webchat.js", Cookie: cookie, For: each}},
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

// signUp makes an account in the shop and lets its browser ask for the script,
// once the shop has been told for a while what changes elsewhere. It returns the
// cookies.
func signUp(address string) (cookie string, err error) {
	form := url.Values{"email": {"alice@example.com"}, "name": {"Alice Chen"}, "phone": {"+886912345678"}, "password": {"correct horse battery"}}.Encode()
	cookies, err := ask(address, []byte("POST /signup HTTP/1.1\r\nHost: "+address+"\r\nSec-Fetch-Site: same-origin\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "+strconv.Itoa(len(form))+"\r\n\r\n"+form))
	if err != nil {
		return "", err
	}
	time.Sleep(2 * time.Second)
	more, err := ask(address, loadJob{Address: address, Path: "/webchat.js", Cookie: strings.Join(cookies, "; ")}.request())
	return strings.Join(append(cookies, more...), "; "), err
}
