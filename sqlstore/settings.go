package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"strings"
)

// checkBusyTimeout refuses a configuration of SQLite in which one of any two writers at
// the same time would fail.
func checkBusyTimeout(ctx context.Context, db *sql.DB) error {
	var millis int
	if err := db.QueryRowContext(ctx, "PRAGMA busy_timeout").Scan(&millis); err != nil {
		return wrap(ctx, "read the busy timeout", err)
	}
	if millis == 0 && db.Stats().MaxOpenConnections != 1 {
		return errors.New("sqlstore: SQLite has no busy timeout: set one for every connection in the data source name, " +
			"such as _pragma=busy_timeout(5000) or _busy_timeout=5000, or allow the pool one connection only")
	}
	return nil
}

// checkSession refuses settings of a MySQL session that lose or falsify changes. Some
// have different names in different releases, so it asks for all names; the server
// returns those it knows. No other setting matters: not the time zone, the character
// set, whether times are parsed, or which rows count as affected.
func checkSession(ctx context.Context, db *sql.DB) error {
	const variables = `SHOW SESSION VARIABLES WHERE Variable_name IN ('autocommit', 'sql_mode', 'tx_isolation', 'transaction_isolation')`
	rows, err := db.QueryContext(ctx, variables)
	if err != nil {
		return wrap(ctx, "read the settings", err)
	}
	defer rows.Close()
	session := map[string]string{}
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return wrap(ctx, "read the settings", err)
		}
		session[name] = strings.ToUpper(value)
	}
	if err := rows.Err(); err != nil {
		return wrap(ctx, "read the settings", err)
	}
	const uncommitted = "READ-UNCOMMITTED"
	switch mode := session["sql_mode"]; {
	case session["autocommit"] == "OFF":
		return errors.New("sqlstore: autocommit is off, so that no change would ever be committed: " +
			"set autocommit=1 in the data source name, or in the server's configuration")
	case session["tx_isolation"] == uncommitted || session["transaction_isolation"] == uncommitted:
		return errors.New("sqlstore: the isolation level is read uncommitted, which shows rows that are never stored: " +
			"set transaction_isolation='READ-COMMITTED' in the data source name (tx_isolation before MariaDB 11.1), or leave the server's default")
	case !strings.Contains(mode, "STRICT_TRANS_TABLES") && !strings.Contains(mode, "STRICT_ALL_TABLES"):
		return errors.New("sqlstore: sql_mode is not strict, so that the server stores other values than it is given: " +
			"set sql_mode='TRADITIONAL' in the data source name, or add STRICT_TRANS_TABLES to the server's")
	case strings.Contains(mode, "EMPTY_STRING_IS_NULL"):
		return errors.New("sqlstore: sql_mode takes an empty text for none: remove EMPTY_STRING_IS_NULL from it, for example by sql_mode='TRADITIONAL' in the data source name")
	}
	return nil
}
