package databasetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/internal/identity"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// An audit takes no more memory for a table that is longer: at most 256 MiB for a
// million rows, which MAICONTACT_AUDIT_ROWS=1000000 makes.
func TestAuditMemory(t *testing.T) {
	t.Parallel()
	if info, ok := debug.ReadBuildInfo(); !ok || slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		t.Skip("memory is not what it is without the race detector")
	}
	const most = 256 << 10 // KiB
	rows := 3000
	if n, err := strconv.Atoi(os.Getenv("MAICONTACT_AUDIT_ROWS")); err == nil {
		rows = n
	}
	sim := webchattest.NewServer(webchattest.Options{})
	t.Cleanup(sim.Close)
	d := newPostgreSQL(t)
	fillForAudit(t, d, sim, rows)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() { // what the simulation remembers of requests is no part of this
		for ctx.Err() == nil {
			sim.ResetRequests()
			time.Sleep(50 * time.Millisecond)
		}
	}()

	program := buildCommand(t)
	run := exec.CommandContext(ctx, program, "audit", "--rate", "1000000") // #nosec G204 -- the program of this repository
	run.Env = settingsOf(d.address, sim)
	var said bytes.Buffer
	run.Stdout, run.Stderr = &said, &said
	begun := time.Now()
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	used := maxMemory(ctx, run.Process.Pid)
	err := run.Wait()
	text := said.String()
	if want := fmt.Sprintf("%d rows and %d contacts compared: 0 findings", rows, rows); err != nil || !strings.Contains(text, want) {
		t.Fatalf("%v: %.2000s, want %s", err, text[max(0, len(text)-2000):], want)
	}
	at := <-used
	t.Logf("%d rows in %s, %d KiB at most", rows, time.Since(begun).Round(time.Millisecond), at)
	if at == 0 || at > most {
		t.Errorf("it took %d KiB, at most %d", at, most)
	}
}

// fillForAudit makes that many members with their contacts, all in step.
func fillForAudit(t *testing.T, d database, sim *webchattest.Server, rows int) {
	t.Helper()
	db := d.pool(t)
	store := d.openOn(t, db)
	scope := contacts.Scope{Namespace: "shop", InboxID: webchattest.DefaultInboxID}
	profile := webchat.Profile{Name: "Somebody"}
	desired := contacts.Desired{Profile: profile, Stamp: contacts.StampOf(profile)}
	contact := func(n int) string {
		body, err := json.Marshal(map[string]any{
			"name": profile.Name, "sourceId": identity.SourceID(scope.Member(strconv.Itoa(n)), 1), "inboxes": []map[string]string{{"id": scope.InboxID}},
		})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/api/v1/contacts/", bytes.NewReader(body))
		r.Header.Set("Authorization", "Api-Key "+webchattest.DefaultAPIKey)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		sim.Simulation.ServeHTTP(w, r)
		var made struct{ ID string }
		if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil || made.ID == "" {
			t.Fatalf("%d: %s", w.Code, w.Body)
		}
		return made.ID
	}
	first, err := contacts.Read(t.Context(), store, scope.Member("0"))
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Change(t.Context(), func(row contacts.Row, now time.Time) (contacts.Row, error) {
		row, err := row.SetDesired(desired, now)
		if err != nil {
			return row, err
		}
		if row, err = row.Claim(1, time.Minute, now); err != nil {
			return row, err
		}
		return row.Bind(1, webchat.ContactID(contact(0)), desired.Stamp, now)
	}); err != nil {
		t.Fatal(err)
	}
	// The others are like the first, but for who they are.
	var columns []string
	found, err := db.QueryContext(t.Context(), "SELECT column_name FROM information_schema.columns WHERE table_name = 'maicontact_contacts' ORDER BY ordinal_position")
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	for found.Next() {
		var name string
		if err := found.Scan(&name); err != nil {
			t.Fatal(err)
		}
		columns = append(columns, name)
	}
	values := slices.Clone(columns)
	values[slices.Index(values, "id")], values[slices.Index(values, "contact_id")] = "u.member", "u.contact"
	insert := fmt.Sprintf("INSERT INTO maicontact_contacts (%s) SELECT %s FROM maicontact_contacts, unnest($1::text[], $2::text[]) AS u(member, contact) WHERE id = '0'",
		strings.Join(columns, ", "), strings.Join(values, ", "))
	for n := 1; n < rows; {
		var members, ids []string
		for ; n < rows && len(members) < 10_000; n++ {
			members, ids = append(members, strconv.Itoa(n)), append(ids, contact(n))
		}
		sim.ResetRequests()
		if _, err := db.ExecContext(t.Context(), insert, members, ids); err != nil {
			t.Fatal(err)
		}
	}
}

// maxMemory tells how much memory a process has had, in KiB, once it has ended.
func maxMemory(ctx context.Context, pid int) <-chan int {
	told := make(chan int, 1)
	go func() {
		most := 0
		for ctx.Err() == nil {
			status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status")) // #nosec G304 -- of the system
			_, rest, ok := strings.Cut(string(status), "VmHWM:")
			if err != nil || !ok {
				break
			}
			line, _, _ := strings.Cut(rest, "\n")
			most, _ = strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(line, " kB")))
			time.Sleep(20 * time.Millisecond)
		}
		told <- most
	}()
	return told
}
