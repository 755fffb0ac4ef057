package events_test

import (
	"crypto/ed25519"
	"crypto/x509"
	"database/sql"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/register"
)

func TestMain(m *testing.M) { os.Exit(servers.Run(m)) }

const data = "data.custody_events.it"

const grants = `resource "custody_binding" "laptop" {
  asset = "cmdb/LAP-1"
}
resource "custody_grant" "vpn" {
  binding = custody_binding.laptop
  access  = "vpn/office"
}
`

func block(arguments ...string) string {
	return "data \"custody_events\" \"it\" {\n  " + strings.Join(arguments, "\n  ") + "\n}\n"
}

// recorded returns a workspace in which access was given, and then revoked.
func recorded(t *testing.T, location string) *acctest.Workspace {
	t.Helper()
	w := acctest.LoadAlone(t)
	w.Provider(fmt.Sprintf("register = %q", location), `workspace = "it"`)
	w.Write("main.tf", grants)
	w.Apply()
	w.Person("p1", "status", "left")
	w.Clock.Advance(time.Hour)
	w.Apply()
	return w
}

// read reads the data source and nothing else.
func read(w *acctest.Workspace, arguments ...string) acctest.Result {
	w.Write("main.tf", grants+block(arguments...))
	return w.Apply()
}

func file(t *testing.T) (path, location string) {
	path = filepath.Join(t.TempDir(), "custody.db")
	return path, "sqlite:" + path
}

func tamper(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // nothing is left to be written
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

func TestTheLedgerIsRead(t *testing.T) {
	for name, location := range map[string]func(t *testing.T) string{
		"sqlite": func(t *testing.T) string { _, at := file(t); return at },
		"postgres": func(t *testing.T) string {
			d := servers.Postgres(t)
			d.PostgresExec(t, "CREATE SCHEMA events")
			return d.PostgresURL(d.Admin, "search_path", "events")
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := recorded(t, location(t))
			read(w, `kinds = ["grant"]`, `formats = ["csv", "jsonl", "html"]`)
			w.Holds(data, "workspace", "it", "workspaces", "it", "left_out", "0", "chain.holds", "true", "chain.events", "2", "chain.proven", "0", "checkpoint", "null",
				"events.0.sequence", "1", "events.1.kind", "grant.decided", "events.1.subject", "cmdb/LAP-1#vpn/office", "events.1.at", "2030-01-15T10:00:00Z")
			a := w.Attributes(data)
			if n := strings.Count(acctest.Text(acctest.Dig(a, "export.jsonl")), "\n"); n != 2 {
				t.Errorf("%d lines", n)
			}
			for format, want := range map[string]string{"csv": "owner.left", "html": "The chain of events holds"} {
				if text := acctest.Text(acctest.Dig(a, "export."+format)); !strings.Contains(text, want) {
					t.Errorf("%s is %s", format, text)
				}
			}
			control := acctest.Text(acctest.Dig(a, "events.1.controls.0"))
			if control == "" {
				t.Fatal("the revocation serves no control")
			}
			framework, _, _ := strings.Cut(control, " ")
			read(w, fmt.Sprintf("controls = [%q, %q]", control, framework), `since = "2030-01-15T10:00:00Z"`)
			w.Holds(data, "events.0.sequence", "2", "export", "")
			read(w, `limit = 1`).Says("Events Are Left Out", "1 older events match too")
			w.Holds(data, "events.0.sequence", "2", "left_out", "1", "chain.events", "2")
			read(w, `workspace = "nobody"`)
			w.Holds(data, "events", "", "workspaces", "it", "chain.holds", "true", "chain.events", "0")
		})
	}
}

// Whatever is done to the events, the data source says it, and no plan fails.
func TestTamperingIsShown(t *testing.T) {
	for cause, statement := range map[string]string{
		"altered":   `UPDATE custody_events SET body = '{}' WHERE sequence = 2`,
		"missing":   `DELETE FROM custody_events WHERE sequence = 1`,
		"truncated": `DELETE FROM custody_events WHERE sequence = 2`,
	} {
		t.Run(cause, func(t *testing.T) {
			path, location := file(t)
			w := recorded(t, location)
			tamper(t, path, statement)
			read(w).Says("Ledger Does Not Hold", "("+cause+")")
			w.Holds(data, "chain.holds", "false", "chain.cause", cause, "checkpoint", "null")
		})
	}
}

// A checkpoint that is kept elsewhere shows what the chain alone cannot: that it was
// written anew, or that its end was cut off together with its head.
func TestACheckpointProvesTheEnd(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(kind string, der []byte, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	key := encode("PRIVATE KEY", der, err)
	der, err = x509.MarshalPKIXPublicKey(public)
	verifier := encode("PUBLIC KEY", der, err)
	path, location := file(t)
	w := recorded(t, location)
	w.Write("public.pem", verifier)
	w.Write("private.pem", key)
	t.Setenv("CUSTODY_CHECKPOINT_KEY_FILE", filepath.Join(w.Dir, "private.pem"))
	read(w)
	checkpoint := acctest.Text(acctest.Dig(w.Attributes(data), "checkpoint"))
	if c, err := register.ParseCheckpoint(checkpoint); err != nil || c.Sequence != 2 || c.Check(public) != nil {
		t.Fatalf("the checkpoint is %s: %v", checkpoint, err)
	}
	w.Write("checkpoints.txt", checkpoint+"\n")
	proof := []string{`checkpoints = compact(split("\n", file("${var.inventory}/checkpoints.txt")))`, `public_keys = [file("${var.inventory}/public.pem")]`}
	read(w, proof...)
	w.Holds(data, "chain.holds", "true", "chain.proven", "2")
	w.Clock.Advance(time.Hour)
	w.Plan().Exits(0) // what is signed is not signed again

	tamper(t, path, `DELETE FROM custody_events WHERE sequence = 2; UPDATE custody_workspaces SET sequence = 1, hash = (SELECT hash FROM custody_events)`)
	read(w)
	w.Holds(data, "chain.holds", "true", "chain.events", "1")
	read(w, proof...).Says("Ledger Does Not Hold", "the end was cut off, or an older copy was restored")
	w.Holds(data, "chain.holds", "false", "chain.cause", "truncated")

	for says, arguments := range map[string][]string{
		"Checkpoints Need a Public Key": proof[:1],
		"Invalid Public Key":            {`public_keys = ["x"]`},
		"Invalid Checkpoint":            {`checkpoints = ["x"]`, proof[1]},
	} {
		w.Write("main.tf", block(arguments...))
		w.Plan().Exits(1).Says(says)
	}
	t.Setenv("CUSTODY_CHECKPOINT_KEY", "s3cret-canary")
	w.Write("main.tf", block())
	w.Plan().Exits(1).Says("Invalid Checkpoint Key", "CUSTODY_CHECKPOINT_KEY").Silent("s3cret-canary")
}

func TestThereIsNoLedgerWithoutARegister(t *testing.T) {
	w := acctest.LoadAlone(t)
	w.Write("main.tf", block())
	w.Plan().Exits(1).Says("No Register Is Configured")
}
