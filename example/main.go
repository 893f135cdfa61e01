// Command example is a small shop whose chat knows who it is talking to.
//
// With no settings it runs on a simulated MaiAgent and an SQLite file in the
// user's cache directory; settings come from the environment, see settings.go.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/maicontact/maicontact/sqlstore"
)

func main() {
	if len(os.Args) > 1 {
		os.Exit(help(os.Args[1], os.Stdout, os.Stderr))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, os.Getenv, os.Stdout, os.Stderr))
}

// The exit codes.
const (
	exitOK            = 0
	exitFailure       = 1 // could not start, or stopped serving
	exitMisconfigured = 2 // the settings are wrong
)

// help tells what the shop can be told, which is nothing on its command line.
func help(argument string, stdout, stderr io.Writer) int {
	switch strings.TrimLeft(argument, "-") {
	case "h", "help":
		fmt.Fprint(stdout, usage)
		return exitOK
	}
	fmt.Fprint(stderr, usage)
	return exitMisconfigured
}

// run serves the shop until ctx ends and then drains. It returns the exit code.
func run(ctx context.Context, env func(string) string, stdout, stderr io.Writer) int {
	s, err := readSettings(env)
	if err != nil {
		return explain(stderr, err)
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	for _, warning := range s.warnings {
		log.Warn(warning)
	}
	if err := serve(ctx, s, log, stdout); err != nil {
		return explain(stderr, err)
	}
	return exitOK
}

// explain tells a person at a terminal what is wrong.
func explain(stderr io.Writer, err error) int {
	if faults, ok := errors.AsType[settingFaults](err); ok {
		fmt.Fprintln(stderr, "shop: the settings are wrong:")
		for _, fault := range faults {
			fmt.Fprintln(stderr, "  "+fault)
		}
		return exitMisconfigured
	}
	fmt.Fprintf(stderr, "shop: %v\n", err)
	return exitFailure
}

// serve starts everything, says where, and ends it in the reverse order.
func serve(ctx context.Context, s settings, log *slog.Logger, stdout io.Writer) error {
	listener, err := net.Listen("tcp", s.addr)
	if err != nil {
		return fmt.Errorf("cannot listen on ADDR %s: %w", s.addr, err)
	}
	defer listener.Close()

	talksTo := "chat: MaiAgent at " + s.chat.BaseURL + "\n"
	if s.simulated {
		simulated, err := startSimulation(&s, log)
		if err != nil {
			return fmt.Errorf("cannot start the simulated MaiAgent: %w", err)
		}
		defer simulated.close()
		talksTo = "chat: the built-in simulation of MaiAgent; its contacts are kept in " + simulated.file + "\n" + operating(s)
	}

	db, err := openDatabase(ctx, s.database)
	if err != nil {
		return fmt.Errorf("cannot open the database: %w", err)
	}
	defer db.Close()
	contacts, err := sqlstore.Open(ctx, db.DB, db.dialect)
	if err != nil {
		return fmt.Errorf("cannot open the database: %w", err)
	}
	defer contacts.Close()

	kept, err := openSessions(s)
	if err != nil {
		return fmt.Errorf("cannot open the sessions: %w", err)
	}
	defer kept.close()

	measured, err := openMeters(s)
	if err != nil {
		return err
	}
	defer measured.close(context.WithoutCancel(ctx))

	shop, err := newShop(s, kept, measured, db, contacts, log)
	if err != nil {
		return err
	}
	defer measured.serve(log)()
	shop.chat.verify(ctx, log)
	return serveUntil(ctx, listener, shop, log, func() {
		fmt.Fprintf(stdout, "shop: %s\n%s", urlOf(listener.Addr()), talksTo)
		if s.adminPassword != "" {
			fmt.Fprintf(stdout, "admin: %sadmin/\n", urlOf(listener.Addr()))
		}
		if measured != nil {
			fmt.Fprintf(stdout, "metrics: %smetrics\n", urlOf(measured.listener.Addr()))
		}
	})
}

const (
	// finishTime is how long requests under way may take once the shop stops.
	finishTime = 10 * time.Second
	// slowestClient bounds how long reading a request may take.
	slowestClient = 15 * time.Second
)

func serveUntil(ctx context.Context, listener net.Listener, shop *shop, log *slog.Logger, ready func()) error {
	server := &http.Server{
		Handler:           shop.handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       slowestClient,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	keepInStep, stop := context.WithCancel(context.WithoutCancel(ctx))
	var background sync.WaitGroup
	background.Go(func() {
		if err := shop.chat.Run(keepInStep); err != nil {
			log.Warn("the chat was not drained; what is left waits in the database", "error", err)
		}
	})
	// Requests end first: they may still begin work that Run waits for.
	defer background.Wait()
	defer stop()

	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	ready()
	select {
	case err := <-served:
		return fmt.Errorf("stopped serving: %w", err)
	case <-ctx.Done():
	}
	log.Info("stopping")
	wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	if err := server.Shutdown(wait); err != nil {
		log.Warn("requests had not ended and were cut", "error", err)
		_ = server.Close()
	}
	return nil
}

// urlOf is an address that a browser on this machine can open.
func urlOf(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "http://" + addr.String() + "/"
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port) + "/"
}
