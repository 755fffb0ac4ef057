package register

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	store "github.com/custodyhq/terraform-provider-custody/internal/register"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

func TestMain(m *testing.M) { os.Exit(servers.Run(m)) }

var start = time.Date(2030, 1, 15, 9, 0, 0, 0, time.UTC)

// testStore is a register of a test.
type testStore struct {
	location  string
	workspace string
	former    []string
	at        time.Time
	open      *store.Register
}

func (s *testStore) Open(ctx context.Context) (*store.Register, error) {
	if s.open == nil {
		var err error
		if s.open, err = store.Open(ctx, store.Config{Location: s.location}); err != nil {
			return nil, err
		}
	}
	return s.open, nil
}

func (s *testStore) Write(ctx context.Context, change func(tx *store.Tx) error) error {
	r, err := s.Open(ctx)
	if err != nil {
		return err
	}
	return r.Record(ctx, store.Run{Workspace: s.workspace, ID: "run-" + s.workspace, At: s.at}, change)
}

func (s *testStore) Workspace() string { return s.workspace }
func (s *testStore) Former() []string  { return s.former }

func newStore(t *testing.T, location, workspace string, former ...string) *testStore {
	t.Helper()
	s := &testStore{location: location, workspace: workspace, former: former, at: start}
	t.Cleanup(func() {
		if s.open != nil {
			_ = s.open.Close()
		}
	})
	return s
}

func newSystem(t *testing.T, s *testStore) *System {
	t.Helper()
	out, err := New("code", s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// each runs a test on an empty register of every kind.
func each(t *testing.T, test func(t *testing.T, fresh func(t *testing.T) string)) {
	t.Run("sqlite", func(t *testing.T) {
		test(t, func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "custody.db") })
	})
	t.Run("postgres", func(t *testing.T) {
		d := servers.Postgres(t)
		test(t, func(t *testing.T) string { return d.EmptySchema(t) })
	})
}

func TestConformance(t *testing.T) {
	each(t, func(t *testing.T, fresh func(t *testing.T) string) {
		seeded := func(t *testing.T, seed systemtest.Seed) (*System, *testStore) {
			s := newStore(t, fresh(t), "prod")
			err := s.Write(t.Context(), func(tx *store.Tx) error {
				for i := range seed.Records {
					r := &seed.Records[i]
					if _, err := tx.SaveAsset(store.Asset{ID: r.ID, Instance: "i", Record: encode(r)}); err != nil {
						return err
					}
				}
				_, err := tx.Append(store.Draft{Kind: kindRecorded, Subject: "all"})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return newSystem(t, s), s
		}
		systemtest.Assets(t, systemtest.Harness{
			Unique:  true,
			Sizes:   []int{1, 2, 50},
			Healthy: func(t *testing.T, seed systemtest.Seed) system.System { made, _ := seeded(t, seed); return made },
			Broken: map[string]systemtest.Make{
				"it does not open": func(t *testing.T, _ systemtest.Seed) system.System {
					return newSystem(t, newStore(t, "sqlite:"+filepath.Join(t.TempDir(), "missing", "custody.db"), "prod"))
				},
				"it is closed": func(t *testing.T, seed systemtest.Seed) system.System {
					made, s := seeded(t, seed)
					if err := s.open.Close(); err != nil {
						t.Fatal(err)
					}
					return made
				},
			},
		})
	})
}

func keep(t *testing.T, s *System, r lifecycle.Record, instance string) {
	t.Helper()
	if err := s.Keep(t.Context(), system.Kept{Record: r, Instance: instance}); err != nil {
		t.Fatal(err)
	}
}

var bot = lifecycle.Record{
	ID: "ci-deployer", Class: "service_account", Name: "CI", State: lifecycle.StateInService, Owners: []string{"ann"}, ThirdParty: lifecycle.No,
	VerifiedAt: start.AddDate(0, -1, 0), RetirementDate: start.AddDate(1, 0, 0),
}

// What is removed is retired by proof, and the ledger says both.
func TestWhatIsRemovedIsRetired(t *testing.T) {
	each(t, func(t *testing.T, fresh func(t *testing.T) string) {
		at := newStore(t, fresh(t), "prod")
		s := newSystem(t, at)
		keep(t, s, bot, "i1")
		k, found, err := s.Kept(t.Context(), bot.ID)
		if err != nil || !found || k.Instance != "i1" || !reflect.DeepEqual(k.Record, bot) {
			t.Fatalf("got %+v, %t, %v", k, found, err)
		}
		renamed := bot
		renamed.Name = "Deployer"
		keep(t, s, renamed, "i2")
		if err := s.Remove(t.Context(), bot.ID, "i1"); err != nil {
			t.Fatal(err)
		}
		if _, found, _ := s.Kept(t.Context(), bot.ID); !found {
			t.Error("the resource that was replaced removed the record of the one that replaced it")
		}
		at.at = start.Add(time.Hour)
		if err := s.Remove(t.Context(), bot.ID, "i2"); err != nil {
			t.Fatal(err)
		}
		if _, found, err := s.Kept(t.Context(), bot.ID); found || err != nil {
			t.Errorf("it is kept: %t, %v", found, err)
		}
		all, err := s.Asset(t.Context(), bot.ID)
		if err != nil || len(all) != 1 || all[0].State != lifecycle.StateRetired || !all[0].VerifiedAt.Equal(at.at) || all[0].Name != "Deployer" ||
			!strings.Contains(all[0].Source, "removed by the workspace prod at 2030-01-15T10:00:00Z") {
			t.Errorf("got %+v, %v", all, err)
		}
		var kinds []string
		for e, err := range at.open.Events(t.Context(), "prod", 0) {
			if err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, e.Kind)
			if e.Sequence == 2 && (!strings.Contains(e.Body, `"before":{`) || !strings.Contains(e.Body, `"name":"Deployer"`)) {
				t.Errorf("the event says %s", e.Body)
			}
		}
		if got := strings.Join(kinds, " "); got != "asset.recorded asset.recorded asset.removed" {
			t.Errorf("the events are %s", got)
		}
	})
}

func TestTwoWorkspacesKeepOneAsset(t *testing.T) {
	each(t, func(t *testing.T, fresh func(t *testing.T) string) {
		location := fresh(t)
		first, second := newSystem(t, newStore(t, location, "prod")), newSystem(t, newStore(t, location, "dev"))
		keep(t, first, bot, "i1")
		_, _, err := second.Kept(t.Context(), bot.ID)
		for _, err := range []error{err, second.Keep(t.Context(), system.Kept{Record: bot, Instance: "i2"})} {
			var f *fault.Fault
			if !errors.Is(err, store.ErrDuplicate) || !errors.As(err, &f) || !strings.Contains(f.Happened, `by the workspace "prod"`) || errors.Is(err, fault.ErrUnavailable) {
				t.Errorf("got %v", err)
			}
		}
		if found, err := second.Asset(t.Context(), bot.ID); err != nil || len(found) != 1 {
			t.Errorf("every workspace reads it: %+v, %v", found, err)
		}
		keep(t, newSystem(t, newStore(t, location, "dev", "prod")), bot, "i2")
	})
}

// A record that was edited, or that a newer program wrote, is not guessed.
func TestARecordThatCannotBeRead(t *testing.T) {
	for _, text := range []string{"", "{", "[]", "{} {}", `{"state":"melted"}`, `{"verified_at":"yesterday"}`, `{"verified_at":"9999-12-31T23:59:59-01:00"}`, `{"verified_at":"0000-01-01T00:00:00+01:00"}`, `{"colour":"red"}`, `{"owners":"ann"}`} {
		_, err := decode(&store.Asset{ID: "a\x1b[31m", Record: text})
		systemtest.WantUnavailable(t, 0, err)
		if !systemtest.Presentable(err.Error()) {
			t.Errorf("%q: the message is %q", text, err)
		}
	}
}

func TestASystemWithoutARegister(t *testing.T) {
	var problems *system.ConfigError
	if _, err := New("code", nil); !errors.As(err, &problems) || !strings.Contains(problems.Problems[0].Message, "There is no register.") {
		t.Errorf("got %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(&bot))
	f.Add(`{"owners":["a",null],"third_party":null}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := decode(&store.Asset{ID: "a", Record: text})
		if err != nil {
			return
		}
		again, err := decode(&store.Asset{ID: "a", Record: encode(&r)})
		if err != nil || encode(&again) != encode(&r) {
			t.Errorf("%+v is read back as %+v, %v", r, again, err)
		}
	})
}
