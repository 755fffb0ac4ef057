package account_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/register"
)

// withRegister gives the provider a register in a file, and returns its location.
func (o *testDirectory) withRegister() string {
	location := "sqlite:" + filepath.Join(o.Dir, "custody.db")
	o.Provider(fmt.Sprintf("register = %q", location), `workspace = "people"`)
	return location
}

// openRegister opens a register beside the provider.
func openRegister(t *testing.T, location string) *register.Register {
	t.Helper()
	r, err := register.Open(t.Context(), register.Config{Location: location})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// wantEvents fails the test unless the ledger holds, and its events contain the texts
// in this order.
func wantEvents(t *testing.T, location string, want ...string) {
	t.Helper()
	var got []string
	for _, e := range acctest.Events(t, location, "people") {
		got = append(got, e.Kind+" "+e.Subject+" "+e.Body)
	}
	if len(got) != len(want) {
		t.Fatalf("the ledger has %d events, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
	for i, text := range want {
		for _, part := range strings.Split(text, " … ") {
			if !strings.Contains(got[i], part) {
				t.Errorf("event %d is %s, want %q", i+1, got[i], part)
			}
		}
	}
}

// interrupt leaves behind what a run does that is killed after it has recorded that it
// disables an account.
func interrupt(t *testing.T, location, subject string) {
	t.Helper()
	of := register.Run{Workspace: "people", ID: "run-killed", At: acctest.Start}
	err := openRegister(t, location).Record(t.Context(), of, func(tx *register.Tx) error {
		_, _, err := tx.BeginAct(register.Act{
			Name: "corp/" + subject, Target: "corp", Subject: subject, Action: "disable", Detail: `{"steps": ["disable"]}`,
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestActsOnAccountsAreRecorded(t *testing.T) {
	o := newTestDirectory(t, "ann")
	location := o.withRegister()
	o.account("ann", "enabled = true", `on_destroy = "disable"`)
	o.Apply()
	wantEvents(t, location) // nothing was done
	o.account("ann", "enabled = false", `on_destroy = "disable"`)
	o.Apply()
	off := []string{
		`act.intent ann … "steps":["disable"] … "target":"corp"`, `act.outcome ann … "intent":1 … "disable":"done" … "result":"done"`,
	}
	wantEvents(t, location, off...)
	o.Plan().Exits(0)
	o.unlock(t, "ann")
	o.Apply()
	wantEvents(t, location, append(off, off[0], strings.Replace(off[1], `"intent":1`, `"intent":3`, 1))...)
}

// What a killed run has begun is found while the next one refreshes, once, and nothing
// is done a second time.
func TestAnInterruptedActIsFound(t *testing.T) {
	for _, locked := range []bool{true, false} {
		o := newTestDirectory(t, "ann")
		location := o.withRegister()
		o.account("ann", "enabled = true")
		o.Apply()
		interrupt(t, location, "ann")
		found, result := "disable (not done)", `"result":"abandoned"`
		if locked {
			o.lock(t, "ann")
			found, result = "disable (done)", `"result":"done"`
		}
		o.account("ann", "enabled = false")
		o.Run("plan", "-no-color").Ok().Says("Interrupted Act Was Found", found)
		begun := []string{"act.intent", `act.outcome ann … "interrupted":true … ` + result}
		wantEvents(t, location, begun...)
		o.Apply().Silent("Interrupted Act Was Found")
		o.wantLogin(t, "ann", false)
		if !locked {
			begun = append(begun, "act.intent", `act.outcome ann … "result":"done"`)
		}
		wantEvents(t, location, begun...)
		o.Plan().Exits(0).Silent("Interrupted Act Was Found")
	}
}

// A plan says that nothing could be recorded, and an apply does nothing then.
func TestWhatCannotBeRecordedDoesNotHappen(t *testing.T) {
	o := newTestDirectory(t, "ann", "ben")
	config := func(enabled string) string { return block("ann", "ann", enabled) + block("ben", "ben", enabled) }
	o.Write("main.tf", config("enabled = true"))
	o.Apply()
	missing := filepath.Join(o.Dir, "missing", "custody.db")
	o.Provider(fmt.Sprintf("register = %q", "sqlite:"+missing), `workspace = "people"`)
	o.Plan().Exits(0).Says("Interrupted Acts Are Not Known") // nothing is to be recorded
	o.Write("main.tf", config("enabled = false"))
	o.Plan().Exits(1).Says("Unable to Open Register", "The file of the register cannot be opened", "Nothing was changed: what cannot be recorded is not done.")

	location := o.withRegister()
	o.Save()
	db, err := sql.Open("sqlite", filepath.Join(o.Dir, "custody.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // nothing is left to be written
	change := func(statement string) {
		t.Helper()
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	change("ALTER TABLE custody_acts RENAME TO elsewhere")
	o.ApplySaved().Exits(1).Says("Unable to Read Record", "Nothing was changed: an act that cannot be recorded does not happen.", "The tables of the register are missing.")
	o.wantLogin(t, "ann", true)
	o.wantLogin(t, "ben", true)
	change("ALTER TABLE elsewhere RENAME TO custody_acts")
	o.Apply()
	o.wantLogin(t, "ann", false)
	wantEvents(t, location, "run.refused", "run.refused", "act.intent", "act.", "act.", "act.outcome")
}

// The location of a register may hold a password, and is shown nowhere.
func TestTheLocationOfARegisterIsNotShown(t *testing.T) {
	const secret = "s3cret-canary"
	o := newTestDirectory(t, "ann")
	o.account("ann", "enabled = true")
	o.Append("main.tf", "variable \"location\" {}\n")
	o.Provider("register = var.location", `workspace = "people"`)
	for location, says := range map[string]string{
		"postgres://custody:" + secret + "@127.0.0.1:1/custody":                        "The database of the register could not be reached.",
		"postgres://custody:" + secret + "@db.example.org/custody?sslmode=require":     "Use sslmode=verify-full",
		"mysql://custody:" + secret + "@127.0.0.1/custody":                             "begins with neither of the accepted words",
		"postgres://custody:" + secret + "@127.0.0.1:1/custody?sslmode=" + secret:      "not a connection string of PostgreSQL",
		"postgres://custody:" + secret + "@127.0.0.1:1/custody?sslrootcert=/" + secret: "not a connection string of PostgreSQL",
	} {
		o.Setenv("TF_VAR_location", location)
		o.Plan().Exits(1).Says(says).Silent(secret)
	}
	o.Default("workspace")
	o.Plan().Exits(1).Says("Register Needs a Workspace", `with provider["registry.terraform.io/custodyhq/custody"]`)
}
