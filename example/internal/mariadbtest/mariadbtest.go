// Package mariadbtest gives tests real MariaDB or MySQL databases.
package mariadbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql" // the driver "mysql"
)

// Variable names the environment variable with the data source name of a server
// to use instead of one that is started here, such as root:x@tcp(host:3306)/.
// Its user must have the right to create databases.
const Variable = "MAICONTACT_MYSQL"

// shared is the one server of the test process.
var shared struct {
	sync.Mutex
	server *Server
}

// Stop ends the server of the test process, if one was started. Call it at the
// end of TestMain.
func Stop() {
	shared.Lock()
	defer shared.Unlock()
	if shared.server != nil {
		shared.server.Stop()
	}
}

// DSN returns the data source name of a new, empty database, which is dropped
// when the test ends. The first call starts a server for the whole test process:
// the package must have a TestMain that calls [Stop]. Where no server is
// installed the test is skipped, but fails when the environment variable CI is
// set.
func DSN(t testing.TB) string {
	t.Helper()
	config, err := mysql.ParseDSN(serverDSN(t))
	if err != nil {
		t.Fatalf("mariadbtest: %s is no data source name", Variable)
	}
	server := Open(t, config.FormatDSN())
	suffix := make([]byte, 8)
	_, _ = rand.Read(suffix) // never fails
	config.DBName = "maicontact_test_" + hex.EncodeToString(suffix)
	if _, err := server.ExecContext(t.Context(), "CREATE DATABASE "+config.DBName); err != nil {
		t.Fatalf("mariadbtest: %v", err)
	}
	t.Cleanup(func() {
		if _, err := server.ExecContext(context.WithoutCancel(t.Context()), "DROP DATABASE "+config.DBName); err != nil {
			t.Errorf("mariadbtest: %v", err)
		}
	})
	return config.FormatDSN()
}

// URL is the same database as an address, which [Address] makes.
func URL(t testing.TB) string {
	t.Helper()
	return Address(t, DSN(t))
}

// Address is mysql://user:password@host:port/name for a data source name.
func Address(t testing.TB, dsn string) string {
	t.Helper()
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatalf("mariadbtest: %v", err)
	}
	address := url.URL{Scheme: "mysql", User: url.UserPassword(config.User, config.Passwd), Host: config.Addr, Path: "/" + config.DBName}
	return address.String()
}

// DSNOf is the data source name of an address that [Address] has made.
func DSNOf(t testing.TB, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatalf("mariadbtest: %v", err)
	}
	config := mysql.NewConfig()
	config.User, config.Net, config.Addr, config.DBName = u.User.Username(), "tcp", u.Host, strings.TrimPrefix(u.Path, "/")
	config.Passwd, _ = u.User.Password()
	return config.FormatDSN()
}

// Open opens a pool that is closed when the test ends.
func Open(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatalf("mariadbtest: %v", err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func serverDSN(t testing.TB) string {
	t.Helper()
	if dsn := os.Getenv(Variable); dsn != "" {
		return dsn
	}
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		server, err := Start()
		if err != nil {
			SkipOrFail(t, err)
		}
		shared.server = server
	}
	return shared.server.DSN("")
}

// SkipOrFail ends the test because there is no server: where the environment
// variable CI is set somebody counts on it.
func SkipOrFail(t testing.TB, err error) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("mariadbtest: %v", err)
	}
	t.Skipf("mariadbtest: %v; install mariadb-server or set %s to the data source name of a server", err, Variable)
}
