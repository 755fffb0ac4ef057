package grant_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/register"
)

func TestMain(m *testing.M) { os.Exit(servers.Run(m)) }

// recorded returns a workspace over a folder whose grants are recorded.
func recorded(t *testing.T, location, name, folder string) *acctest.Workspace {
	t.Helper()
	w := acctest.LoadAlone(t, folder) // a second provider would apply a second time
	w.Provider(fmt.Sprintf("register = %q", location), fmt.Sprintf("workspace = %q", name))
	return w
}

// wantKinds fails the test unless these are the kinds of the events.
func wantKinds(t *testing.T, found []register.Event, want ...string) {
	t.Helper()
	var kinds []string
	for _, e := range found {
		kinds = append(kinds, strings.TrimPrefix(e.Kind, "grant."))
	}
	if got := strings.Join(kinds, " "); got != strings.Join(want, " ") {
		t.Errorf("the events are %q, want %q", got, want)
	}
}

// wantBindings fails the test unless grants of these workspaces rest on the asset.
func wantBindings(t *testing.T, location, asset string, workspaces ...string) {
	t.Helper()
	r, err := register.Open(t.Context(), register.Config{Location: location})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // nothing is left to be written
	found, err := r.Bindings(t.Context(), asset)
	if err != nil || len(found) != len(workspaces) {
		t.Fatalf("%d bindings of %s: %v", len(found), asset, err)
	}
	for i, b := range found {
		var facts string
		if err := json.Unmarshal([]byte(b.Facts), &facts); err != nil {
			t.Fatal(err)
		}
		if b.Workspace != workspaces[i] || b.Digest == "" || !strings.Contains(facts, `"holder":"cmdb/p1"`) {
			t.Errorf("the binding is %+v", b)
		}
	}
}

const goesOn = "Grant Goes On From the Register"

// However a state forgets a grant, no key of it is used twice.
func TestAGrantGoesOnWithItsSerial(t *testing.T) {
	for name, c := range map[string]struct {
		forget func(w *acctest.Workspace)
		args   []string
		says   string
		kinds  []string
	}{
		"removed": {func(w *acctest.Workspace) {
			text := w.Read("main.tf")
			w.Write("main.tf", "")
			w.Apply()
			w.Write("main.tf", text)
		}, nil, "It was removed at 2030-01-15T09:00:00Z. It goes on with what it remembers: its last key was g1.", []string{"decided", "removed", "decided"}},
		"lost":     {func(w *acctest.Workspace) { w.Remove(acctest.StateFile) }, nil, "this state does not hold it", []string{"decided", "decided"}},
		"replaced": {func(*acctest.Workspace) {}, []string{"-replace=" + vpn}, "", []string{"decided", "removed", "decided"}},
		"created before it is destroyed": {func(w *acctest.Workspace) {
			w.Edit("main.tf", "\n  access  = \"vpn/office\"", "\n  access  = \"vpn/office\"\n  lifecycle {\n    create_before_destroy = true\n  }")
			w.Apply()
		}, []string{"-replace=" + vpn}, "", []string{"decided", "decided", "removed"}},
		"at another address": {func(w *acctest.Workspace) {
			w.Write("main.tf", strings.ReplaceAll(w.Read("main.tf"), "custody_grant\" \"vpn", "custody_grant\" \"office"))
			w.Write("main.tf", strings.ReplaceAll(w.Read("main.tf"), "custody_grant.vpn", "custody_grant.office"))
		}, nil, "this state does not hold it", nil},
	} {
		t.Run(name, func(t *testing.T) {
			servers.EachRegister(t, func(t *testing.T, location string) {
				w := recorded(t, location, "it", "laptop")
				w.Apply()
				c.forget(w)
				plan := w.Plan(c.args...).Exits(2).Says(`"g2"`)
				if c.says != "" { // Terraform shows no warning about the second half of a replacement
					plan.Says(goesOn, c.says)
				}
				w.Apply(c.args...)
				at := vpn
				if name == "at another address" {
					at = "custody_grant.office"
				}
				w.Holds(at, "generations", "g2", "status", "active")
				w.Plan().Exits(0).Silent(goesOn)
				if c.kinds != nil {
					wantKinds(t, acctest.Events(t, location, "it"), c.kinds...)
				}
			})
		})
	}
}

// A latch outlives the state, and so does what was first seen when.
func TestALatchOutlivesTheState(t *testing.T) {
	servers.EachRegister(t, func(t *testing.T, location string) {
		w := recorded(t, location, "it", "laptop")
		w.Apply()
		w.Person("p1", "status", "left")
		w.Clock.Advance(time.Hour)
		w.Apply()
		w.Holds(vpn, "status", "revoked")
		w.Remove(acctest.StateFile)
		w.Person("p1", "status", "active")
		w.Clock.Advance(400 * day) // no sign of a wrong clock
		w.Plan().Exits(2).Says(goesOn, "It is revoked, and stays so", "grant.latched")
		w.Apply()
		w.Holds(vpn, "status", "revoked", "generations", "")
		give(w, attested(401*day))
		w.Clock.Advance(2 * day)
		w.Apply()
		w.Holds(vpn, "status", "active", "generations", "g2")
		w.Plan().Exits(0)
	})
}

// Two grants of one id are an error, in whatever workspace; a workspace that no longer
// exists can be named.
func TestTwoGrantsOfOneIDInTwoWorkspaces(t *testing.T) {
	servers.EachRegister(t, func(t *testing.T, location string) {
		first, second := recorded(t, location, "payments", "laptop"), recorded(t, location, "billing", "laptop")
		first.Apply()
		second.Plan().Exits(1).Says("Grant Exists Already", `The grant "cmdb/LAP-1#vpn/office" is managed in the workspace "payments".`, "former_workspaces")
		second.Provider(`former_workspaces = ["payments"]`)
		second.Apply().Says("its last key was g1")
		second.Holds(vpn, "generations", "g2")
		give(first, `ttl = "1d"`)
		first.Clock.Advance(30 * day)
		first.Plan().Exits(1).Says(`is managed in the workspace "billing"`)
		wantKinds(t, acctest.Events(t, location, "payments"), "decided")
	})
}

// Grants that were there before the register are recorded by the next apply.
func TestGrantsAreRecordedOnceThereIsARegister(t *testing.T) {
	servers.EachRegister(t, func(t *testing.T, location string) {
		w := acctest.LoadAlone(t, "laptop")
		w.Apply()
		w.Provider(fmt.Sprintf("register = %q", location), `workspace = "it"`)
		w.Plan().Exits(2).Says("Grant Will Be Recorded", "cmdb/LAP-1#vpn/office").Silent("must be replaced")
		w.Apply()
		w.Plan().Exits(0)
		wantKinds(t, acctest.Events(t, location, "it"), "decided")
		wantBindings(t, location, "cmdb/LAP-1", "it")
		w.Remove(acctest.StateFile)
		w.Plan().Exits(2).Says(goesOn, `"g2"`)
	})
}

// An older copy of the state uses no key twice.
func TestAnOlderStateUsesNoKeyTwice(t *testing.T) {
	servers.EachRegister(t, func(t *testing.T, location string) {
		w := recorded(t, location, "it", "laptop")
		give(w, `rotate_when_changed = { n = "1" }`)
		w.Apply()
		old := w.Read(acctest.StateFile)
		w.Edit("main.tf", `n = "1"`, `n = "2"`)
		w.Apply()
		w.Holds(vpn, "generations", "g1 g2")
		w.Write(acctest.StateFile, old)
		w.Clock.Advance(time.Hour)
		w.Plan().Exits(2).Says("State Is Older Than the Register", "The last key of cmdb/LAP-1#vpn/office in the register is g2", "and in this state it is g1")
		w.Apply()
		w.Holds(vpn, "generations", "g1 g3")
		w.Plan().Exits(0)
	})
}

// Another run, on another copy of the state, issues the key that a plan has announced.
// Terraform calls what follows a defect of the provider; a warning says what happened.
func TestAnotherRunIssuesThePlannedKey(t *testing.T) {
	t.Parallel()
	w := recorded(t, "sqlite:"+filepath.Join(t.TempDir(), "custody.db"), "it", "laptop")
	give(w, `rotate_when_changed = { n = "1" }`)
	w.Apply()
	old := w.Read(acctest.StateFile)
	w.Edit("main.tf", `n = "1"`, `n = "2"`)
	w.Clock.Advance(time.Hour)
	w.Save()
	w.Apply()
	w.Holds(vpn, "generations", "g1 g2")
	w.Write(acctest.StateFile, old)
	w.ApplySaved().Exits(1).Says("State Is Older Than the Register", "The last key of cmdb/LAP-1#vpn/office in the register is g2", "nothing was issued")
	w.Holds(vpn, "generations", "g1")
	w.Apply()
	w.Holds(vpn, "generations", "g1 g3")
}

// What must be recorded does not happen without the register, and the plan says so.
func TestWhatIsNotRecordedIsNotIssued(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "custody.db")
	w := recorded(t, "sqlite:"+file, "it", "laptop")
	change := func(statement string) {
		t.Helper()
		db, err := sql.Open("sqlite", file)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close() //nolint:errcheck // nothing is left to be written
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	const away, back = "ALTER TABLE custody_events RENAME TO elsewhere", "ALTER TABLE elsewhere RENAME TO custody_events"
	const unissued = "Nothing was issued: what cannot be recorded is not done."
	w.Save()
	change(away)
	w.ApplySaved().Exits(1).Says("Unable to Write Register", unissued)
	if w.Attributes(vpn) != nil {
		t.Fatal("the grant is in the state")
	}
	change(back)
	w.Apply()
	w.Holds(vpn, "generations", "g1")

	// What is taken away is gone before the grant is reached: the latch is kept, and the
	// next run records it.
	w.Person("p1", "status", "left")
	w.Save()
	change(away)
	w.ApplySaved().Exits(1).Says("Unable to Write Register", "What the plan removed stays removed.")
	w.Holds(vpn, "status", "revoked", "generations", "")
	change(back)
	wantKinds(t, acctest.Events(t, "sqlite:"+file, "it"), "decided")
	w.Plan().Exits(2).Says("Grant Will Be Recorded")
	w.Apply()
	w.Plan().Exits(0)
	found := acctest.Events(t, "sqlite:"+file, "it")
	wantKinds(t, found, "decided", "decided")
	if body := found[1].Body; !strings.Contains(body, `"status":"revoked"`) {
		t.Errorf("the event is %s", body)
	}

	// A register that does not answer stops only what has to be recorded.
	w.Default("register")
	w.Provider(fmt.Sprintf("register = %q", "sqlite:"+filepath.Join(dir, "missing", "custody.db")))
	w.Plan().Exits(0)
	w.Plan("-destroy").Exits(1).Says("Unable to Open Register", "Nothing was changed: what cannot be recorded is not done.")
	w.Person("p1", "status", "active")
	give(w, attested(time.Hour))
	w.Clock.Advance(2 * time.Hour)
	w.Plan().Exits(1).Says("Unable to Open Register")
}

// Two applies at once lose nothing.
func TestTwoAppliesAtOnce(t *testing.T) {
	servers.EachRegister(t, func(t *testing.T, location string) {
		const grants = 15
		var all sync.WaitGroup
		for _, name := range []string{"payments", "billing"} {
			w := recorded(t, location, name, "laptop")
			var text strings.Builder
			text.WriteString("resource \"custody_binding\" \"laptop\" {\n  asset = \"cmdb/LAP-1\"\n}\n")
			for i := range grants {
				fmt.Fprintf(&text, "resource \"custody_grant\" \"g%d\" {\n  binding = custody_binding.laptop\n  access = \"%s/%d\"\n}\n", i, name, i)
			}
			w.Write("main.tf", text.String())
			all.Go(func() {
				if r := w.TryApply(); r.Code != 0 {
					t.Errorf("%s: %s", name, r.Output)
				}
			})
		}
		all.Wait()
		for _, name := range []string{"payments", "billing"} {
			if found := acctest.Events(t, location, name); len(found) != grants {
				t.Errorf("%s has %d events", name, len(found))
			}
		}
	})
}

// An event says what was decided and why, which controls that serves, and who is named.
func TestWhatAnEventSays(t *testing.T) {
	t.Parallel()
	location := "sqlite:" + filepath.Join(t.TempDir(), "custody.db")
	w := recorded(t, location, "it", "laptop")
	w.Setenv("CUSTODY_ACTOR", "ignored: the provider runs in the process of the test")
	w.Apply()
	w.Person("p1", "status", "left")
	w.Clock.Advance(time.Hour)
	w.Apply()
	found := acctest.Events(t, location, "it")
	wantKinds(t, found, "decided", "decided")
	var body struct {
		Asset, Access, Status, Holder string
		Because, Withdrawn            []string
		Controls                      map[string][]string
		Before                        struct {
			Status      string
			Generations []string
		}
	}
	e := found[1]
	if err := json.Unmarshal([]byte(e.Body), &body); err != nil {
		t.Fatal(err)
	}
	if e.Subject != "cmdb/LAP-1#vpn/office" || !e.At.Equal(acctest.Start.Add(time.Hour)) || body.Status != "revoked" || body.Before.Status != "active" ||
		strings.Join(body.Withdrawn, " ") != "g1" || len(body.Controls["owner.left"]) == 0 || len(body.Because) != 1 {
		t.Errorf("the event is %+v", e)
	}
}

// What is refused leaves an event.
func TestWhatIsRefusedLeavesAnEvent(t *testing.T) {
	servers.EachRegister(t, func(t *testing.T, location string) {
		w := recorded(t, location, "it", "laptop")
		give(w, `rotate_when_changed = { n = "1" }`)
		w.Apply()
		w.Person("p1", "status", "left")
		w.Edit("provider.tf", "revocations = -1", "revocations = 0")
		w.Clock.Advance(time.Hour)
		w.TryApply().Exits(1).Says("Too Many Revocations in One Plan")
		w.Edit("provider.tf", "revocations = 0", "revocations = -1")
		w.Person("p1", "status", "active")

		w.Edit("main.tf", `n = "1"`, `n = "2"`)
		w.Save()
		w.Asset("LAP-1", "owner", "bob")
		w.ApplySaved().Exits(1).Says("Facts Changed Since Plan")
		found := acctest.Events(t, location, "it")
		wantKinds(t, found, "decided", "run.refused", "run.refused")
		for i, want := range map[int][]string{
			1: {`"during":"plan"`, `"reason":"Too Many Revocations in One Plan"`, "cmdb/LAP-1#vpn/office g1"},
			2: {`"during":"apply"`, `"reason":"Facts Changed Since Plan"`, "cmdb/p2"},
		} {
			for _, text := range want {
				if !strings.Contains(found[i].Body, text) {
					t.Errorf("event %d says %s, not %s", i+1, found[i].Body, text)
				}
			}
		}
		if found[1].Subject != "it" || found[2].Subject != "cmdb/LAP-1#vpn/office" {
			t.Errorf("the events are about %s and %s", found[1].Subject, found[2].Subject)
		}
	})
}

// A queue that cannot be read stops no decision, and leaves an event.
func TestAQueueThatCannotBeReadLeavesAnEvent(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(nil)
	closed.Close()
	location := "sqlite:" + filepath.Join(t.TempDir(), "custody.db")
	w := recorded(t, location, "it", "reviewed")
	w.Setenv("TF_VAR_rt_url", closed.URL)
	w.Setenv("TF_VAR_rt_token", "none")
	w.Edit("provider.tf", "  systems = {", "  directories = [\"cmdb\"]\n  reviews = \"support\"\n  systems = {\n"+
		"    support = { request_tracker = { url = var.rt_url, token = var.rt_token, allow_http = true, reviews = { queue = \"Access Review\" } } }")
	w.Apply()
	w.Person("p1", "status", "left")
	w.Clock.Advance(time.Hour)
	w.Apply().Says("Reviewer Was Not Asked")
	found := acctest.Events(t, location, "it")
	wantKinds(t, found, "decided", "decided", "run.refused")
	if last := found[len(found)-1]; last.Subject != found[0].Subject || !strings.Contains(last.Body, `"during":"apply"`) {
		t.Errorf("the event is about %s and says %s", last.Subject, last.Body)
	}
}
