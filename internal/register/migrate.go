package register

import (
	"context"
	"database/sql"
	"embed"
	"io/fs"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// tableOfMigrations is where goose remembers what ran.
const tableOfMigrations = "custody_migrations"

// database is an open database.
type database struct {
	write, read *sql.DB
	begin       string // the first statement of every transaction that writes; may be empty
	mark        string // the character before the number of a parameter
	dialect     goose.Dialect
	options     []goose.ProviderOption
}

// text returns a statement as the database reads it.
func (d *database) text(statement string) string {
	if d.mark == "$" {
		return statement
	}
	return strings.ReplaceAll(statement, "$", d.mark)
}

// migrate brings the tables up to date. It reports whether the register is newer
// than the program.
func (r *Register) migrate(ctx context.Context, files fs.FS) (newer bool, err error) {
	// If two programs migrate at the same time, one of them may fail; its next
	// attempt finds the work done.
	const attempts = 5
	for range attempts {
		newer, err = r.db.tryMigrate(ctx, files, r.limit)
		if err == nil || ctx.Err() != nil {
			break
		}
		if t := r.engine.explain(err); t != problemOther && t != problemContradiction {
			break
		}
	}
	return newer, err
}

func (d *database) tryMigrate(ctx context.Context, files fs.FS, limit time.Duration) (newer bool, err error) {
	options := append([]goose.ProviderOption{
		goose.WithTableName(tableOfMigrations), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()),
	}, d.options...)
	p, err := goose.NewProvider(d.dialect, d.write, files, options...)
	if err != nil {
		return false, err
	}
	asking, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	current, target, err := p.GetVersions(asking)
	if err != nil || current >= target {
		return current > target, err
	}
	// A migration may have to go through all events.
	const patience = 10
	working, cancel := context.WithTimeout(ctx, patience*limit)
	defer cancel()
	_, err = p.Up(working)
	return false, err
}
