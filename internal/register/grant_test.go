package register

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
)

const grantID = "cmdb/APP-0042#aws/iam-access-key/billing-export"

// claim claims the grant of the tests, and saves it if save says so.
func claim(t testing.TB, r *Register, run Run, instance, from string, save func(g *Grant)) (got Grant, claimed Claimed, err error) {
	t.Helper()
	err = record(t, r, run, func(tx *Tx) error {
		if got, claimed, err = tx.ClaimGrant(grantID, instance, from); err != nil || save == nil {
			return err
		}
		saved := got
		save(&saved)
		return tx.SaveGrant(saved)
	})
	return got, claimed, err
}

func remove(t testing.TB, r *Register, run Run, instance string) (removed bool) {
	t.Helper()
	must(t, record(t, r, run, func(tx *Tx) (err error) {
		removed, err = tx.RemoveGrant(grantID, instance)
		return err
	}))
	return removed
}

const firstSeen = `{"conditions":{"owner.left":"2029-12-24T00:00:00Z"},"revoked_at":"2030-01-02T03:04:05Z"}`

// revoked is a grant that issued three generations and is revoked for good.
func revoked(g *Grant) { g.Serial, g.Latched, g.Memory = 3, true, firstSeen }

func TestARemovedGrantIsTakenUpAgain(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		g, claimed, err := claim(t, r, run("prod", "run-1"), "i1", "", revoked)
		if err != nil || claimed != ClaimedNew || g.Serial != 0 || g.Latched || g.Memory != "{}" {
			t.Fatalf("got %+v, %s, %v", g, claimed, err)
		}
		later := run("prod", "run-2")
		later.At = start.Add(time.Hour)
		if !remove(t, r, later, "i1") || remove(t, r, later, "i1") {
			t.Error("it was not removed once")
		}
		g, found, err := r.Grant(t.Context(), grantID)
		if err != nil || !found || !g.RemovedAt.Equal(later.At) || !g.UpdatedAt.Equal(start) || g.Serial != 3 {
			t.Errorf("got %+v, %t, %v", g, found, err)
		}
		// Elsewhere, too: the access is the same.
		g, claimed, err = claim(t, r, run("dev", "run-3"), "i2", "", nil)
		if err != nil || claimed != ClaimedRemoved || g.Serial != 3 || !g.Latched || g.Memory != firstSeen || !g.RemovedAt.IsZero() {
			t.Errorf("got %+v, %s, %v", g, claimed, err)
		}
		if now, _, err := r.Grant(t.Context(), grantID); err != nil || now != g || now.Workspace != "dev" {
			t.Errorf("got %+v, %v", now, err)
		}
		if _, found, err := r.Grant(t.Context(), "other"); found || err != nil {
			t.Errorf("another one was found, %v", err)
		}
	})
}

func TestAGrantWhoseStateWasLost(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		_, _, err := claim(t, r, run("prod", "run-1"), "i1", "", revoked)
		must(t, err)
		if _, claimed, err := claim(t, r, run("prod", "run-2"), "i1", "", nil); err != nil || claimed != ClaimedOwn {
			t.Errorf("got %s, %v", claimed, err)
		}
		g, claimed, err := claim(t, r, run("prod", "run-3"), "i2", "", nil)
		if err != nil || claimed != ClaimedForgotten || g.Serial != 3 || !g.Latched {
			t.Errorf("got %+v, %s, %v", g, claimed, err)
		}
		// If the first resource still exists, it gets an error when it writes, and
		// removes nothing when it is destroyed.
		err = record(t, r, run("prod", "run-4"), func(tx *Tx) error {
			return tx.SaveGrant(Grant{ID: grantID, Instance: "i1", Serial: 4, Memory: "{}"})
		})
		wantFault(t, err, ErrDuplicate, "by another resource of this workspace")
		if remove(t, r, run("prod", "run-4"), "i1") {
			t.Error("the first resource removed the grant of the second")
		}
	})
}

func TestTwoGrantsOfOneID(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		_, _, err := claim(t, r, run("prod", "run-1"), "i1", "", revoked)
		must(t, err)
		_, _, err = claim(t, r, run("dev", "run-2"), "i2", "", nil)
		f := wantFault(t, err, ErrDuplicate, `in the workspace "prod"`)
		if !strings.Contains(f.Detail(), grantID) {
			t.Errorf("got %s", f.Detail())
		}
		_, _, err = claim(t, r, run("dev", "run-2"), "i2", "test", nil)
		wantFault(t, err, ErrDuplicate, `in the workspace "prod"`)
		// Two resources of one workspace in the same run.
		_, _, err = claim(t, r, run("prod", "run-1"), "i2", "", nil)
		wantFault(t, err, ErrDuplicate, "by another resource of this workspace")
		// It has moved.
		g, claimed, err := claim(t, r, run("dev", "run-2"), "i2", "prod", nil)
		if err != nil || claimed != ClaimedMoved || g.Serial != 3 || g.Workspace != "dev" {
			t.Errorf("got %+v, %s, %v", g, claimed, err)
		}
	})
}

func TestTwoWorkspacesClaimAtOnce(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		workspaces := []string{"one", "two", "three", "four"}
		errs := make([]error, len(workspaces))
		var all sync.WaitGroup
		for i, w := range workspaces {
			all.Go(func() {
				errs[i] = r.Record(context.Background(), run(w, "run-"+w), func(tx *Tx) error {
					if _, err := tx.Append(Draft{Kind: "grant.claimed", Subject: grantID}); err != nil {
						return err
					}
					_, _, err := tx.ClaimGrant(grantID, "i-"+w, "")
					return err
				})
			})
		}
		all.Wait()
		refused := 0
		for _, err := range errs {
			if err != nil {
				wantFault(t, err, ErrDuplicate, "is managed in the workspace")
				refused++
			}
		}
		if refused != len(workspaces)-1 {
			t.Errorf("%d were refused: %v", refused, errs)
		}
		heads, err := r.Heads(t.Context())
		if err != nil || len(heads) != 1 {
			t.Errorf("got %+v, %v: those that were refused must leave nothing", heads, err)
		}
	})
}

func TestASerialNeverFalls(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		_, _, err := claim(t, r, run("prod", "run-1"), "i1", "", revoked)
		must(t, err)
		if _, _, err = claim(t, r, run("prod", "run-2"), "i1", "", func(g *Grant) { g.Serial = 2 }); err == nil || !strings.Contains(err.Error(), "from serial 3 to 2") {
			t.Errorf("got %v", err)
		}
		// A latch can be released; that is decided elsewhere.
		_, _, err = claim(t, r, run("prod", "run-2"), "i1", "", func(g *Grant) { g.Serial, g.Latched = 4, false })
		must(t, err)
		if g, _, err := r.Grant(t.Context(), grantID); err != nil || g.Serial != 4 || g.Latched || g.Memory != firstSeen {
			t.Errorf("got %+v, %v", g, err)
		}
	})
}

func TestGrantsThatCannotBeStored(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		for name, change := range map[string]func(tx *Tx) error{
			"no id":       func(tx *Tx) error { _, _, err := tx.ClaimGrant("", "i", ""); return err },
			"no instance": func(tx *Tx) error { _, _, err := tx.ClaimGrant("a", "", ""); return err },
			"not claimed": func(tx *Tx) error { return tx.SaveGrant(Grant{ID: "a", Instance: "i", Memory: "{}"}) },
			"no memory": func(tx *Tx) error {
				if _, _, err := tx.ClaimGrant("a", "i", ""); err != nil {
					return err
				}
				return tx.SaveGrant(Grant{ID: "a", Instance: "i"})
			},
			"removed": func(tx *Tx) error {
				if _, _, err := tx.ClaimGrant("a", "i", ""); err != nil {
					return err
				}
				_, err := tx.RemoveGrant("a", "i")
				return errors.Join(err, tx.SaveGrant(Grant{ID: "a", Instance: "i", Memory: "{}"}))
			},
		} {
			if err := record(t, r, run("prod", "run-1"), change); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
	})
}

// An instant that was edited is not guessed.
func TestAnInstantThatCannotBeRead(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		_, _, err := claim(t, r, run("prod", "run-1"), "i1", "", revoked)
		must(t, err)
		for _, text := range []string{"yesterday", "2030-01-02T03:04:05.5Z", "2030-01-02T04:04:05+01:00"} {
			r.tamper(t, "UPDATE custody_grants SET removed_at = '"+text+"'")
			_, _, err := r.Grant(t.Context(), grantID)
			wantFault(t, err, fault.ErrUnavailable, "failed")
		}
	})
}
