package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/maicontact/maicontact/webchat/webchattest"
)

// simulation is the MaiAgent that the shop brings along for running offline:
// a server on a loopback port of its own, as the real one is another host.
// Two shops must not use one file of contacts at the same time.
type simulation struct {
	file   string
	maker  *webchattest.Simulation
	server *http.Server
}

// startSimulation starts it and points the settings at it. Its contacts are
// kept in a file, or a restart would leave the database with contacts that
// exist nowhere.
func startSimulation(s *settings, log *slog.Logger) (*simulation, error) {
	file, err := simulationFile(s.database)
	if err != nil {
		return nil, err
	}
	maker, err := webchattest.New(webchattest.Options{File: file})
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	sim := &simulation{file: file, maker: maker, server: &http.Server{
		Handler:           maker,
		ReadHeaderTimeout: 5 * time.Second,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}}
	go func() { _ = sim.server.Serve(listener) }() // until close

	s.outage = &outage{maker: maker}
	options, host := maker.Options(), "http://"+listener.Addr().String()
	s.chat.BaseURL, s.chat.APIKey, s.inboxID = host+"/api/", options.APIKey, options.InboxID
	s.widget.WebChatID = options.WebChatID
	if s.widget.ChatURL == "" {
		s.widget.ChatURL = host
	}
	return sim, nil
}

// operating are the settings with which the command works on the simulation, to be
// copied. None of them is secret; the address of a database server may hold a
// password, and is left out.
func operating(s settings) string {
	text := fmt.Sprintf("to operate it: export MAIAGENT_BASE_URL=%s MAIAGENT_CHAT_URL=%s MAIAGENT_API_KEY=%s MAIAGENT_INBOX_ID=%s MAIAGENT_WEBCHAT_ID=%s SITE_NAMESPACE=%s",
		s.chat.BaseURL, s.widget.ChatURL, s.chat.APIKey, s.inboxID, s.widget.WebChatID, s.namespace)
	if s.database.path != "" {
		text += " DATABASE_URL='sqlite:" + s.database.path + "'"
	}
	return text + "\n"
}

// simulationFile is next to the SQLite file, and otherwise in the user's
// cache directory.
func simulationFile(d database) (string, error) {
	if d.path != "" {
		if err := makeDefaultDir(d.path); err != nil {
			return "", err
		}
		return d.path + ".maiagent.json", nil
	}
	cache, err := cacheDir()
	if err != nil {
		return "", fmt.Errorf("there is no cache directory to keep its contacts in: %w", err)
	}
	file := filepath.Join(cache, "maiagent.json")
	return file, makeDefaultDir(file)
}

// makeDefaultDir makes the directory of a file in the cache directory. A
// directory that somebody named must be there: it may be misspelt.
func makeDefaultDir(file string) error {
	cache, err := cacheDir()
	if err != nil || filepath.Dir(file) != cache {
		return nil
	}
	return os.MkdirAll(cache, 0o700)
}

func (s *simulation) close() {
	s.maker.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := s.server.Shutdown(ctx); err != nil {
		_ = s.server.Close()
	}
}
