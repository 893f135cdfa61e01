package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/maicontact/maicontact/sqlstore"
)

type migrateCommand struct {
	Status migrateStatusCommand `cmd:"" help:"Tell the version of the schema; exit status 1 when it is behind."`
	Up     migrateUpCommand     `cmd:"" help:"Make the table, or bring it up to date."`
}

type migrateStatusCommand struct {
	ShowSQL bool `help:"Print the statements that are pending." name:"show-sql"`
}

type migrateUpCommand struct {
	ShowSQL bool `help:"Print the statements that are pending, and run none." name:"show-sql"`
}

// schemaResult is the version of the schema.
type schemaResult struct {
	Database string `json:"database"`
	Version  int64  `json:"version"`
	Newest   int64  `json:"newest"`
	State    string `json:"state"`
	SQL      string `json:"sql,omitempty"`
}

func (r schemaResult) text() string {
	if r.SQL != "" {
		return strings.TrimSuffix(r.SQL, "\n")
	}
	return fmt.Sprintf("%s: the schema has version %d of %d: %s", r.Database, r.Version, r.Newest, r.State)
}

func (c *migrateStatusCommand) run(ctx context.Context, a *app) error {
	schema, err := a.migrate(ctx, false, c.ShowSQL)
	if err != nil {
		return err
	}
	if schema.IsBehind() || schema.IsAhead() {
		return errFindings
	}
	return nil
}

func (c *migrateUpCommand) run(ctx context.Context, a *app) error {
	_, err := a.migrate(ctx, !c.ShowSQL, c.ShowSQL)
	return err
}

// migrate reports the version of the schema. If up is true it brings the schema up to
// date first.
func (a *app) migrate(ctx context.Context, up, show bool) (sqlstore.Schema, error) {
	var faults settingFaults
	d, err := parseDatabase(a.settings.DatabaseURL)
	faults.check("DATABASE_URL", err)
	if err := faults.err(); err != nil {
		return sqlstore.Schema{}, err
	}
	db, err := d.open(ctx, up)
	if errors.Is(err, errNoFile) {
		schema, err := sqlstore.NoSchema(d.dialect)
		if err != nil {
			return schema, err
		}
		return schema, a.tellSchema(d.dialect, schema, show)
	}
	if err != nil {
		return sqlstore.Schema{}, err
	}
	defer db.Close()
	if up {
		if err := sqlstore.Migrate(ctx, db, d.dialect); err != nil {
			return sqlstore.Schema{}, err
		}
	}
	schema, err := sqlstore.ReadSchema(ctx, db, d.dialect)
	if err != nil {
		return sqlstore.Schema{}, err
	}
	return schema, a.tellSchema(d.dialect, schema, show)
}

func (a *app) tellSchema(dialect sqlstore.Dialect, schema sqlstore.Schema, show bool) error {
	r := schemaResult{Database: dialect.String(), Version: schema.Version, Newest: schema.Newest, State: "up to date"}
	switch {
	case schema.IsBehind():
		r.State = "behind; run: maicontact migrate up"
	case schema.IsAhead():
		r.State = "made by a newer release; upgrade this program"
	}
	if show && schema.IsBehind() {
		var err error
		if r.SQL, err = sqlstore.PendingSQL(dialect, schema); err != nil {
			return err
		}
	}
	a.result(r)
	return nil
}
