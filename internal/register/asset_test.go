package register

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

func TestAssets(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		later := start.Add(time.Hour)
		save := func(workspace, id, text string, at time.Time, from ...string) (before string, err error) {
			of := run(workspace, "run-1")
			of.At = at
			err = record(t, r, of, func(tx *Tx) error {
				before, err = tx.SaveAsset(Asset{ID: id, Instance: "i-" + workspace, Record: text}, from...)
				return err
			})
			return before, err
		}
		mustSave := func(workspace, text, before string, at time.Time, from ...string) {
			t.Helper()
			if got, err := save(workspace, "APP-2", text, at, from...); err != nil || got != before {
				t.Fatalf("before was %q, %v", got, err)
			}
		}
		mustSave("prod", `{}`, "", start)
		mustSave("prod", `{"owner": "E-1"}`, `{}`, later)
		_, err := save("prod", "APP-1", "{}", start)
		must(t, err)
		_, err = save("dev", "APP-2", `{"owner":"E-9"}`, later)
		wantFault(t, err, ErrDuplicate, `by the workspace "prod"`)
		for name, of := range map[string][2]string{"id": {"", "{}"}, "record": {"a", "no JSON"}} {
			if _, err := save("prod", of[0], of[1], start); err == nil {
				t.Errorf("an asset without %s was stored", name)
			}
		}
		want := []Asset{{"APP-1", "prod", "i-prod", `{}`, start, start, time.Time{}}, {"APP-2", "prod", "i-prod", `{"owner":"E-1"}`, start, later, time.Time{}}}
		if got, err := r.Assets(t.Context()); err != nil || !slices.Equal(got, want) {
			t.Errorf("got %+v, %v", got, err)
		}

		// Neither another workspace nor the resource that was replaced removes it.
		for _, c := range []struct {
			workspace, instance string
			removed             bool
		}{{"dev", "i-dev", false}, {"prod", "other", false}, {"prod", "i-prod", true}, {"prod", "i-prod", false}} {
			must(t, record(t, r, run(c.workspace, "run-2"), func(tx *Tx) error {
				if removed, err := tx.RemoveAsset("APP-2", c.instance); removed != c.removed || err != nil {
					return fmt.Errorf("%+v: %t, %w", c, removed, err)
				}
				return nil
			}))
		}
		want[1].RemovedAt = start
		if got, err := r.Assets(t.Context()); err != nil || !slices.Equal(got, want) {
			t.Errorf("the record of an asset that was removed is %+v, %v", got, err)
		}

		// One that was removed can come back, elsewhere too; one that is there can move.
		mustSave("dev", `{}`, `{"owner":"E-1"}`, later)
		mustSave("test", `{}`, `{}`, later, "dev")
		if got, found, err := r.Asset(t.Context(), "APP-2"); !found || err != nil || got != (Asset{"APP-2", "test", "i-test", `{}`, start, later, time.Time{}}) {
			t.Errorf("got %+v, %t, %v", got, found, err)
		}
		must(t, record(t, r, run("test", "run-2"), func(tx *Tx) error {
			if removed, err := tx.RemoveAsset("APP-2", ""); !removed || err != nil {
				return fmt.Errorf("an imported asset was not removed: %w", err)
			}
			return nil
		}))
	})
}

func TestTwoWorkspacesRecordOneAsset(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		workspaces := []string{"one", "two", "three"}
		errs := make([]error, len(workspaces))
		var all sync.WaitGroup
		for i, w := range workspaces {
			all.Go(func() {
				errs[i] = r.Record(context.Background(), run(w, "run-"+w), func(tx *Tx) error {
					if _, err := tx.Append(Draft{Kind: "asset.recorded", Subject: "APP-1"}); err != nil {
						return err
					}
					return saveAsset(tx, "APP-1", "{}")
				})
			})
		}
		all.Wait()
		refused := 0
		for _, err := range errs {
			if err != nil {
				wantFault(t, err, ErrDuplicate, "is recorded by the workspace")
				refused++
			}
		}
		if refused != len(workspaces)-1 {
			t.Errorf("%d were refused: %v", refused, errs)
		}
	})
}
