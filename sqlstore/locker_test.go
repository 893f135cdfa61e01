package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// heldLock is a MySQL whose lock somebody holds until then, by a driver that does not
// go by contexts: a statement takes as long as the database does.
type heldLock struct {
	until time.Time
	fails bool
	wait  int // of the newest statement, in seconds
	asked bool
}

func (h *heldLock) Prepare(statement string) (driver.Stmt, error) {
	if _, err := fmt.Sscanf(statement[strings.LastIndex(statement, ",")+1:], "%d)", &h.wait); err != nil {
		return nil, fmt.Errorf("no statement for the lock: %s", statement)
	}
	return h, nil
}

func (h *heldLock) Connect(context.Context) (driver.Conn, error) { return h, nil }
func (h *heldLock) Driver() driver.Driver                        { return nil }
func (h *heldLock) Begin() (driver.Tx, error)                    { return nil, driver.ErrSkip }
func (h *heldLock) Close() error                                 { return nil }
func (h *heldLock) NumInput() int                                { return -1 }
func (h *heldLock) Exec([]driver.Value) (driver.Result, error)   { return driver.ResultNoRows, nil }
func (h *heldLock) Columns() []string                            { return []string{"got"} }

// Query waits for the lock as long as it is told to.
func (h *heldLock) Query([]driver.Value) (driver.Rows, error) {
	time.Sleep(min(time.Duration(h.wait)*time.Second, max(0, time.Until(h.until))))
	h.asked = true
	return h, nil
}

// Next tells whether the lock is there.
func (h *heldLock) Next(row []driver.Value) error {
	if !h.asked {
		return io.EOF
	}
	h.asked, row[0] = false, int64(0)
	switch {
	case h.fails:
		row[0] = nil
	case !time.Now().Before(h.until):
		row[0] = int64(1)
	}
	return nil
}

// Who waits for others to migrate gives up with their context, and after five minutes.
func TestNamedLock(t *testing.T) {
	for name, test := range map[string]struct {
		held, patience, most time.Duration
		want                 error
	}{
		"free":             {0, time.Hour, 0, nil},
		"soon free":        {10 * time.Second, time.Hour, 11 * time.Second, nil},
		"the context ends": {time.Hour, 3500 * time.Millisecond, 5 * time.Second, context.DeadlineExceeded},
		"it ended before":  {time.Hour, 0, 0, context.DeadlineExceeded},
		"held for ever":    {time.Hour, time.Hour, 302 * time.Second, errLockHeld},
		"none to be had":   {0, time.Hour, 0, errNoLock},
		"free at the last": {299 * time.Second, time.Hour, 300 * time.Second, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				db := sql.OpenDB(&heldLock{until: began.Add(test.held), fails: test.want == errNoLock})
				defer db.Close()
				conn, err := db.Conn(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				ctx, cancel := context.WithTimeout(t.Context(), test.patience)
				defer cancel()
				err = mysqlLock{}.SessionLock(ctx, conn)
				if took := time.Since(began); !errors.Is(err, test.want) || took > test.most {
					t.Errorf("%v after %v, want %v within %v", err, took, test.want, test.most)
				}
			})
		})
	}
}
