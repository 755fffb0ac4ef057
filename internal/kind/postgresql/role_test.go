package postgresql_test

import (
	"errors"
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/postgresql"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// A name is an identifier, whatever is in it, and never a part of a statement.
func TestNamesOfRoles(t *testing.T) {
	s := newServer(t, false)
	target := mustNew(t, s.as(direct, false))
	s.role(t, "victim")
	for _, name := range []string{
		`a"; ALTER ROLE victim NOLOGIN; --`, `a'b`, `a"b`, `$1`, `%s`, "Upper Case", "Ünal", "u\u0308nal", "日本", `\`, strings.Repeat("x", 63), "nologin", "current_user",
	} {
		s.role(t, name)
		for _, enabled := range []bool{false, true} {
			a, err := target.Account(t.Context(), name)
			if err != nil || a == nil {
				t.Fatalf("%q: got %+v, %v", name, a, err)
			}
			if err := target.SetEnabled(t.Context(), a, enabled); err != nil {
				t.Fatalf("%q: %v", name, err)
			}
			if err := target.SetEnd(t.Context(), mustRead(t, target, name), time.Date(2040, 1, 2, 3, 4, 5, 0, time.UTC)); err != nil {
				t.Fatalf("%q: %v", name, err)
			}
			if a := mustRead(t, target, name); a.Enabled != enabled || a.ExpiresAt.Year() != 2040 {
				t.Errorf("%q: got %+v", name, a)
			}
		}
		s.drop(t, name)
	}
	if a := mustRead(t, target, "victim"); !a.Enabled {
		t.Error("a name was a part of a statement")
	}
	if a, err := target.Account(t.Context(), strings.Repeat("x", 64)); a != nil || err != nil {
		t.Errorf("a name that PostgreSQL would cut: got %+v, %v", a, err)
	}
}

func mustRead(t *testing.T, s *postgresql.System, subject string) *system.Account {
	t.Helper()
	a, err := s.Account(t.Context(), subject)
	if err != nil || a == nil {
		t.Fatalf("Account(%q) = %+v, %v", subject, a, err)
	}
	return a
}

// The functions refuse a name that PostgreSQL would cut to that of another role.
func TestFunctionsRefuseANameThatIsCut(t *testing.T) {
	s := newServer(t, false)
	long := strings.Repeat("y", 63)
	s.role(t, long)
	c, err := s.session(t, calling)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{long + "y", strings.ToUpper(long)} {
		if _, err := c.Exec(t.Context(), "SELECT custody.set_login($1::text, false)", name); err == nil {
			t.Errorf("%q was accepted", name)
		}
	}
	if a := mustRead(t, mustNew(t, s.as(calling, true)), long); !a.Enabled {
		t.Error("the role was switched off")
	}
}

// A role that is written like the subject goes ahead of those that differ in case.
func TestRolesThatDifferInCase(t *testing.T) {
	s := newServer(t, false)
	target := mustNew(t, s.as(direct, false))
	for _, name := range []string{"Zoë", "zoë", "ZED", "zed"} {
		s.role(t, name)
	}
	for _, name := range []string{"Zoë", "zoë", "ZED", "zed"} {
		if a := mustRead(t, target, name); a.Name != name {
			t.Errorf("%q names %q", name, a.Name)
		}
	}
	for _, name := range []string{"ZOË", "Zed"} {
		if a, err := target.Account(t.Context(), name); a != nil || !errors.Is(err, fault.ErrConfig) || !strings.Contains(err.Error(), "holds 2 roles") {
			t.Errorf("%q: got %+v, %v", name, a, err)
		}
	}
	s.drop(t, "zoë")
	if a := mustRead(t, target, "ZOË"); a.Name != "Zoë" {
		t.Errorf("got %q", a.Name)
	}
}

// The name of a role may be given to another between reading and acting.
func TestAnotherRoleOfThatName(t *testing.T) {
	for _, functions := range []bool{false, true} {
		s := newServer(t, false)
		account := direct
		if functions {
			account = calling
		}
		target := mustNew(t, s.as(account, functions))
		s.role(t, "ann")
		seen := mustRead(t, target, "ann")
		s.role(t, "ann")
		for act, err := range map[system.AccountAct]error{
			system.DisableAccount: target.SetEnabled(t.Context(), seen, false), system.SetAccountEnd: target.SetEnd(t.Context(), seen, time.Time{}),
			system.EndSessions: target.EndSessions(t.Context(), seen),
		} {
			if !errors.Is(err, fault.ErrChanged) {
				t.Errorf("to %s: %v", act, err)
			}
		}
		if a := mustRead(t, target, "ann"); !a.Enabled || a.ID == seen.ID {
			t.Errorf("got %+v", a)
		}
	}
}

func TestEndsOfRoles(t *testing.T) {
	s := newServer(t, false)
	target := mustNew(t, s.as(direct, false))
	s.role(t, "ann")
	for text, want := range map[string]time.Time{
		"infinity": {}, "-infinity": time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC), "0044-03-15 BC": time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC),
		"2031-05-06 07:08:09.999+02": time.Date(2031, 5, 6, 5, 8, 9, 0, time.UTC), "20000-01-01": time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
	} {
		s.PostgresExec(t, "ALTER ROLE ann VALID UNTIL '"+text+"'")
		if got := mustRead(t, target, "ann").ExpiresAt; !got.Equal(want) {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// Of many sessions some are listed, and none goes on.
func TestManySessions(t *testing.T) {
	s := newServer(t, false)
	target := mustNew(t, s.as(direct, false))
	s.role(t, "ann")
	for range 53 {
		if _, err := s.session(t, "ann"); err != nil {
			t.Fatal(err)
		}
	}
	a := mustRead(t, target, "ann")
	if len(a.Issued) != 51 || a.Issued[50] != "3 more sessions" || !strings.HasSuffix(a.Issued[0], ` in the database "postgres"`) {
		t.Errorf("got %q", a.Issued)
	}
	if err := target.EndSessions(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if a := mustRead(t, target, "ann"); len(a.Issued) != 0 {
		t.Errorf("these go on: %q", a.Issued)
	}
}

func TestConfiguration(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PGSSLMODE", "")
	for _, c := range []struct {
		config postgresql.Config
		want   []string
	}{
		{postgresql.Config{}, []string{"dsn"}},
		{postgresql.Config{DSN: "postgres://u:" + canary + "@db.example.org/x"}, nil},
		{postgresql.Config{DSN: "postgres://u:" + canary + "@db.example.org/x?sslmode=require"}, []string{"dsn"}},
		{postgresql.Config{DSN: "postgres://u:" + canary + "@db.example.org/x?sslmode=require", InsecurePlaintext: true}, nil},
		{postgresql.Config{DSN: canary}, []string{"dsn"}},
		{postgresql.Config{DSN: "postgres://u:" + canary + "@db.example.org/x", CAFile: file, Timeout: -1, Functions: strings.Repeat("x", 64)}, []string{"timeout", "functions", "ca_file"}},
	} {
		c.config.Name = "shop"
		_, err := postgresql.New(c.config)
		var problems *system.ConfigError
		var got []string
		if errors.As(err, &problems) {
			for _, p := range problems.Problems {
				got = append(got, p.Attribute)
			}
		}
		if !slices.Equal(got, c.want) || err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("%+v: got %v", c.config, err)
		}
	}
}

// The text of a server is not shown: it may repeat the password.
func TestThePasswordStaysSecret(t *testing.T) {
	const secret = "Canary-7f3a/of+a=<&Token>"
	forms := systemtest.Encodings(secret)
	maps.Copy(forms, systemtest.UnknownEncodings(secret))
	for name, form := range forms {
		for _, code := range []string{"28P01", "42501", "57P03", "XX000", "no code: " + form} {
			address := systemtest.ServeTCP(t, func(c net.Conn) {
				defer c.Close() //nolint:errcheck // a test
				b := pgproto3.NewBackend(c, c)
				if _, err := b.ReceiveStartupMessage(); err != nil {
					return
				}
				b.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: code, Message: form, Detail: form, Hint: form})
				_ = b.Flush()
			})
			s := mustNew(t, postgresql.Config{Name: "shop", DSN: "postgres://u:" + url.QueryEscape(secret) + "@" + address + "/x?sslmode=disable"})
			_, err := s.Account(t.Context(), "ann")
			var f *fault.Fault
			if !errors.As(err, &f) || !errors.Is(err, fault.ErrUnavailable) {
				t.Fatalf("%s: got %v", name, err)
			}
			systemtest.WantHidden(t, name, f.Error()+f.Detail(), secret)
			if strings.Contains(f.Error()+f.Detail(), form) {
				t.Errorf("%s is shown: %v", name, f)
			}
		}
	}
}
