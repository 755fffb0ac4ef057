package register

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
)

const canary = "c4nary-in-the-location"

func TestLocations(t *testing.T) {
	t.Setenv("PGSSLMODE", "")
	for _, c := range []struct {
		location string
		want     string // what is said of it; empty if it is accepted
	}{
		{"sqlite:custody.db", ""},
		{"sqlite:state/custody.db", ""},
		{"sqlite:./custody.db", ""},
		{"sqlite:a/../custody.db", ""},
		{"sqlite:/srv/custody/register.db", ""},
		{"sqlite:", "names no file"},
		{"sqlite:state/", "names no file"},
		{"sqlite::memory:", "in memory"},
		{"sqlite:../custody.db", "leads out of the working directory"},
		{"sqlite:a/../../custody.db", "leads out of the working directory"},
		{"sqlite:..", "leads out of the working directory"},
		{"sqlite:custody.db?mode=memory", "more than the path"},
		{"sqlite:custody.db\x00", "more than the path"},
		{"sqlite://custody.db", "more than the path"},
		{"custody.db", "neither of the accepted words"},
		{"", "neither of the accepted words"},
		{"mysql://u:" + canary + "@db.example.org/x", "neither of the accepted words"},
		{"postgres://custody:" + canary + "@db.example.org/custody", ""},
		{"postgresql://custody:" + canary + "@db.example.org/custody?sslmode=verify-full", ""},
		{"postgres://custody:" + canary + "@127.0.0.1/custody?sslmode=disable", ""},
		{"postgres:///custody?host=/run/postgresql", ""},
		{"postgres://custody:" + canary + "@db.example.org/custody?sslmode=require", "db.example.org"},
		{"postgres://custody:" + canary + "@db.example.org/custody?sslmode=disable", "db.example.org"},
		{"postgres://custody:%zz" + canary + "@db.example.org/custody", "not a connection string"},
		{"postgres://custody:" + canary + "@db.example.org:port/custody", "not a connection string"},
		{"postgres://custody:" + canary + "@db.example.org/custody?sslrootcert=/no/" + canary, "names a file that cannot be read"},
	} {
		err := CheckLocation(Config{Location: c.location})
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", c.location, err)
			}
			continue
		}
		if f := wantFault(t, err, fault.ErrConfig, c.want); strings.Contains(f.Error()+f.Detail(), canary) {
			t.Errorf("%s shows the secret: %s", c.location, f.Detail())
		}
		if _, err := Open(t.Context(), Config{Location: c.location}); !errors.Is(err, fault.ErrConfig) {
			t.Errorf("%s: opened with %v", c.location, err)
		}
	}
	if CheckLocation(Config{Location: "sqlite:custody.db", Timeout: -1}) == nil {
		t.Error("a negative time-out was accepted")
	}
}

// The relative path starts at the folder, and others cannot read the file.
func TestWhereTheFileIs(t *testing.T) {
	dir := t.TempDir()
	r := mustOpen(t, Config{Location: "sqlite:custody.db", Folder: dir})
	must(t, appendOne(t.Context(), r, run("prod", "run-1"), "a"))
	for _, name := range []string{"custody.db", "custody.db-wal"} {
		info, err := os.Stat(filepath.Join(dir, name))
		must(t, err)
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has the mode %s", name, info.Mode())
		}
	}
}

func TestARegisterHasOneIdentity(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		one, two := mustOpen(t, c), mustOpen(t, c)
		if one.ID() == "" || one.ID() != two.ID() {
			t.Errorf("got %q and %q", one.ID(), two.ID())
		}
	})
	dir := t.TempDir()
	lost := mustOpen(t, Config{Location: "sqlite:a.db", Folder: dir})
	fresh := mustOpen(t, Config{Location: "sqlite:b.db", Folder: dir})
	if lost.ID() == fresh.ID() {
		t.Error("a new register has the identity of another")
	}
}
