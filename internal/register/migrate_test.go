package register

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
)

// next are the migrations of the program after this one.
func next(t testing.TB) fs.FS {
	t.Helper()
	files := fstest.MapFS{"99999_next.sql": &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE custody_next (id TEXT PRIMARY KEY);\n")}}
	have, err := migrations.ReadDir("migrations")
	must(t, err)
	for _, f := range have {
		text, err := migrations.ReadFile("migrations/" + f.Name())
		must(t, err)
		files[f.Name()] = &fstest.MapFile{Data: text}
	}
	return files
}

func TestARegisterOfANewerProgramIsRefused(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		must(t, appendOne(t.Context(), r, run("prod", "run-1"), "a"))
		newer, err := open(t.Context(), c, next(t))
		must(t, err)
		defer newer.Close() //nolint:errcheck // a test
		if newer.ID() != r.ID() {
			t.Error("the upgraded register has another identity")
		}
		wantSound(t, newer, "prod", 1)
		_, err = Open(t.Context(), c)
		wantFault(t, err, fault.ErrUnavailable, "written by a newer version of the provider")
	})
}

func TestProgramsThatMigrateAtOnce(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		const programs = 4
		errs, ids := make([]error, programs), make([]string, programs)
		var all sync.WaitGroup
		for i := range programs {
			all.Go(func() {
				r, err := open(t.Context(), c, next(t))
				if err == nil {
					ids[i], err = r.ID(), r.Close()
				}
				errs[i] = err
			})
		}
		all.Wait()
		must(t, errors.Join(errs...))
		for _, id := range ids {
			if id != ids[0] {
				t.Errorf("got %v", ids)
			}
		}
		r, err := open(t.Context(), c, next(t))
		must(t, err)
		defer r.Close() //nolint:errcheck // a test
		rows, err := list(t.Context(), r, func(n *int64) []any { return []any{n} }, fmt.Sprintf("SELECT version_id FROM %s ORDER BY version_id", tableOfMigrations))
		if err != nil || len(rows) < 3 || !slices.IsSorted(rows) || len(slices.Compact(rows)) != len(next(t).(fstest.MapFS))+1 {
			t.Errorf("got %v, %v: a migration ran twice, or not", rows, err)
		}
	})
}

// A migration that fails leaves nothing of itself.
func TestAMigrationThatFails(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		files := fstest.MapFS{"00001_x.sql": &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE custody_x (id TEXT);\nSELECT nothing;\n")}}
		_, err := open(t.Context(), c, files)
		wantFault(t, err, fault.ErrUnavailable, "failed")
		mustOpen(t, c)
	})
}

// What an earlier program has told of a device is not told again.
func TestWhatWasToldBeforeTheMigration(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		files := fstest.MapFS{}
		for _, name := range []string{"00001_register.sql", "00002_outbox.sql", "00003_assets.sql", "00004_reviews.sql"} {
			text, err := migrations.ReadFile("migrations/" + name)
			must(t, err)
			files[name] = &fstest.MapFile{Data: text}
		}
		before, err := open(t.Context(), c, files)
		must(t, err)
		for i, kind := range []string{"device.not_compliant", "device.compliant", "credential.revoked", "device.not_compliant"} {
			for j, workspace := range []string{"prod", "dev"} {
				of := run(workspace, "run-1")
				of.At = start.Add(time.Duration(i) * time.Second)
				must(t, before.Record(t.Context(), of, func(tx *Tx) error {
					e, err := tx.Append(Draft{Kind: "grant.decided", Subject: "a"})
					if err != nil {
						return err
					}
					return tx.Post(e, []string{"ssf", "web"}, Message{Kind: kind, Subject: "cmdb/LAP-1", Body: "{}"}, Message{Kind: kind, Subject: fmt.Sprintf("cmdb/LAP-%d", 2+j), Body: "{}"})
				}))
			}
		}
		must(t, before.Close())
		r := mustOpen(t, c)
		for _, subject := range []string{"cmdb/LAP-1", "cmdb/LAP-2", "cmdb/LAP-3"} {
			if tells(t, r, "prod", subject, "device.not_compliant") || !tells(t, r, "dev", subject, "device.compliant") {
				t.Errorf("%s: what was told is forgotten", subject)
			}
		}
		wantSound(t, r, "prod", 4+3)
	})
}
