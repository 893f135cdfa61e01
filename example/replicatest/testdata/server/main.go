//go:build wall

// Command server is a site whose wall clock can be set.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/internal/wall"
	"github.com/maicontact/maicontact/sqlstore"
	"github.com/maicontact/maicontact/webchat"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	by, err := time.ParseDuration(os.Getenv("CLOCK"))
	if err != nil {
		return err
	}
	wall.Set(by)
	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(8)
	store, err := sqlstore.Open(ctx, db, sqlstore.PostgreSQL)
	if err != nil {
		return err
	}
	cookies, err := maicontact.NewCookieStore([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		return err
	}
	var timing maicontact.Timing
	if err := json.Unmarshal([]byte(os.Getenv("TIMING")), &timing); err != nil {
		return err
	}
	m, err := maicontact.New(maicontact.Config{
		API:       webchat.Config{BaseURL: os.Getenv("BASE_URL"), APIKey: os.Getenv("API_KEY")},
		InboxID:   os.Getenv("INBOX_ID"),
		Widget:    webchat.Widget{WebChatID: os.Getenv("WEBCHAT_ID")},
		Namespace: os.Getenv("NAMESPACE"),
		Identify: func(r *http.Request) (*maicontact.Member, error) {
			if id := r.Header.Get("Member"); id != "" {
				return &maicontact.Member{ID: id, Profile: webchat.Profile{Name: "Member " + id}, Revision: 1}, nil
			}
			return nil, nil
		},
		Sessions: cookies,
		Store:    store,
		Timing:   timing,
		Visitors: maicontact.Visitors{Start: maicontact.OnLoad},
		Logger:   slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	if err != nil {
		return err
	}
	go func() { _ = m.Run(ctx) }()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		id, reason := maicontact.ContactOrReason(r.Context())
		_ = json.NewEncoder(w).Encode(map[string]string{"ID": id.Reveal(), "Reason": string(reason)})
	})
	mux.HandleFunc("POST /erase", func(w http.ResponseWriter, r *http.Request) {
		if _, err := m.Erase(r.Context(), r.FormValue("member")); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("POST /clock", func(w http.ResponseWriter, r *http.Request) {
		by, err := time.ParseDuration(r.FormValue("by"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		wall.Set(by)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + listener.Addr().String())
	if err := http.Serve(listener, m.Handler(mux)); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
