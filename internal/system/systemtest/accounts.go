package systemtest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// Stage is a target of accounts under test, and what the suite does to its accounts.
type Stage struct {
	// Target logs in with exactly the rights that the documentation names.
	Target system.Accounts
	// Reader may read accounts and change none. Right is what an error must name then,
	// by act.
	Reader system.Accounts
	Right  map[system.AccountAct]string
	// Another returns a target that has seen nothing yet.
	Another func(t *testing.T) system.Accounts
	// Lets reports whether the system lets the account in.
	Lets func(t *testing.T, subject string) bool
	// Session opens a session of the account and returns what tells whether it still
	// works. It is needed where the kind ends sessions.
	Session func(t *testing.T, subject string) (works func() bool)
	// Delete removes the account.
	Delete func(t *testing.T, subject string)
}

// AccountsHarness is how a kind of system enters the suite of accounts.
type AccountsHarness struct {
	// Open makes a target with accounts that are enabled and have no end.
	Open func(t *testing.T, subjects ...string) Stage
	// Broken makes targets that cannot answer, by what is wrong with them.
	Broken map[string]func(t *testing.T) system.Accounts
	// Asserts says that an account is enabled only if nothing has changed it since it
	// was read.
	Asserts bool
}

// Accounts holds a kind of system to what the capability Accounts promises.
func Accounts(t *testing.T, h AccountsHarness) {
	a := accountSuite{h}
	t.Run("present by every key", a.present)
	t.Run("absent", a.absent)
	t.Run("switched off and on", a.switched)
	t.Run("given an end", a.ended)
	t.Run("changed by another client", a.changed)
	t.Run("without the right", a.denied)
	t.Run("gone", a.gone)
	t.Run("what the kind cannot do", a.unsupported)
	t.Run("sessions", a.sessions)
	t.Run("cancelled", a.cancelled)
	for name, broken := range h.Broken {
		t.Run("unavailable: "+name, func(t *testing.T) {
			for _, subject := range []string{"ann", "nobody"} {
				got, err := broken(t).Account(t.Context(), subject)
				WantUnavailable(t, answers(got), err)
			}
		})
	}
}

type accountSuite struct{ h AccountsHarness }

// An end that has passed on every clock, and one that has on none.
var (
	past   = time.Date(2020, time.June, 30, 22, 0, 0, 0, time.UTC)
	future = time.Date(2098, time.June, 30, 22, 0, 0, 0, time.UTC)
)

func answers(a *system.Account) int {
	if a == nil {
		return 0
	}
	return 1
}

// read returns the account as a target sees it.
func read(t *testing.T, s system.Accounts, subject string) *system.Account {
	t.Helper()
	a, err := s.Account(t.Context(), subject)
	if err != nil || a == nil {
		t.Fatalf("Account(%q) = %v, %v; want an account", subject, a, err)
	}
	return a
}

// wants compares what a target that remembers nothing sees, and what the system does.
func (s *Stage) wants(t *testing.T, subject string, enabled bool, end time.Time, lets bool) {
	t.Helper()
	for name, target := range map[string]system.Accounts{"the target": s.Target, "another": s.Another(t)} {
		if a := read(t, target, subject); a.Enabled != enabled || !a.ExpiresAt.Equal(end) {
			t.Errorf("%s sees %q enabled %v until %v, want %v until %v", name, subject, a.Enabled, a.ExpiresAt, enabled, end)
		}
	}
	if got := s.Lets(t, subject); got != lets {
		t.Errorf("the system lets %q in: %v, want %v", subject, got, lets)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (a accountSuite) present(t *testing.T) {
	s := a.h.Open(t, "ann", "ben")
	want := read(t, s.Target, "ann")
	if !want.Enabled || !want.ExpiresAt.IsZero() || want.ID == "" || want.Name == "" {
		t.Errorf("got %+v", want)
	}
	for _, key := range []string{"ANN", " ann "} {
		if got := read(t, s.Target, key); got.ID != want.ID {
			t.Errorf("Account(%q) = %+v", key, got)
		}
	}
	if other := read(t, s.Target, "ben"); other.ID == want.ID {
		t.Error("two accounts have one id")
	}
	s.wants(t, "ann", true, time.Time{}, true)
}

func (a accountSuite) absent(t *testing.T) {
	s := a.h.Open(t, "ann", "kim")
	for _, key := range append([]string{"", "an", "annn", "\u212aim", "k\u0131m"}, hostile...) {
		if got, err := s.Target.Account(t.Context(), key); got != nil || err != nil {
			t.Errorf("Account(%q) = %+v, %v", key, got, err)
		}
	}
}

func (a accountSuite) switched(t *testing.T) {
	s := a.h.Open(t, "ann", "ben")
	for range 2 {
		ok(t, s.Target.SetEnabled(t.Context(), read(t, s.Target, "ann"), false))
		s.wants(t, "ann", false, time.Time{}, false)
	}
	s.wants(t, "ben", true, time.Time{}, true)
	for range 2 {
		ok(t, s.Target.SetEnabled(t.Context(), read(t, s.Target, "ann"), true))
		s.wants(t, "ann", true, time.Time{}, true)
	}
}

func (a accountSuite) ended(t *testing.T) {
	s := a.h.Open(t, "ann", "ben")
	if !system.CanAct(s.Target, system.SetAccountEnd) {
		t.Skip("the kind knows no ends")
	}
	for _, c := range []struct {
		end  time.Time
		lets bool
	}{{future, true}, {past, false}, {past, false}, {time.Time{}, true}, {time.Time{}, true}} {
		ok(t, s.Target.SetEnd(t.Context(), read(t, s.Target, "ann"), c.end))
		s.wants(t, "ann", true, c.end, c.lets)
	}
	ok(t, s.Target.SetEnd(t.Context(), read(t, s.Target, "ann"), future))
	ok(t, s.Target.SetEnabled(t.Context(), read(t, s.Target, "ann"), false))
	s.wants(t, "ann", false, future, false)
	s.wants(t, "ben", true, time.Time{}, true)
}

func (a accountSuite) changed(t *testing.T) {
	s := a.h.Open(t, "ann", "ben")
	other := s.Another(t)
	if system.CanAct(s.Target, system.SetAccountEnd) {
		seen := read(t, s.Target, "ann")
		ok(t, other.SetEnd(t.Context(), read(t, other, "ann"), future))
		_ = wantKind(t, s.Target.SetEnd(t.Context(), seen, future.AddDate(-1, 0, 0)), fault.ErrChanged)
		s.wants(t, "ann", true, future, true)
	}
	ok(t, s.Target.SetEnabled(t.Context(), read(t, s.Target, "ben"), false))
	seen := read(t, s.Target, "ben")
	ok(t, other.SetEnabled(t.Context(), read(t, other, "ben"), true))
	ok(t, other.SetEnabled(t.Context(), read(t, other, "ben"), false))
	if a.h.Asserts {
		_ = wantKind(t, s.Target.SetEnabled(t.Context(), seen, true), fault.ErrChanged)
		s.wants(t, "ben", false, time.Time{}, false)
	}
	// To take access away needs no more than that the account is there.
	ok(t, s.Target.SetEnabled(t.Context(), seen, false))
	s.wants(t, "ben", false, time.Time{}, false)
}

func (a accountSuite) denied(t *testing.T) {
	s := a.h.Open(t, "ann", "ben")
	ok(t, s.Target.SetEnabled(t.Context(), read(t, s.Target, "ben"), false))
	acts := map[system.AccountAct]error{
		system.DisableAccount: s.Reader.SetEnabled(t.Context(), read(t, s.Reader, "ann"), false),
		system.EnableAccount:  s.Reader.SetEnabled(t.Context(), read(t, s.Reader, "ben"), true),
	}
	if system.CanAct(s.Target, system.SetAccountEnd) {
		acts[system.SetAccountEnd] = s.Reader.SetEnd(t.Context(), read(t, s.Reader, "ann"), past)
	}
	for act, err := range acts {
		f := wantKind(t, err, fault.ErrDenied)
		if right := s.Right[act]; right == "" || !strings.Contains(f.Happened, right) || !strings.Contains(f.Advice, right) {
			t.Errorf("to %s: the error does not name %q: %+v", act, right, f)
		}
	}
	s.wants(t, "ann", true, time.Time{}, true)
	s.wants(t, "ben", false, time.Time{}, false)
}

func (a accountSuite) gone(t *testing.T) {
	s := a.h.Open(t, "ann", "ben")
	seen := read(t, s.Target, "ann")
	s.Delete(t, "ann")
	if err := s.Target.SetEnabled(t.Context(), seen, false); err == nil {
		t.Error("an account that is gone was switched off")
	}
	for _, target := range []system.Accounts{s.Target, s.Another(t)} {
		if got, err := target.Account(t.Context(), "ann"); got != nil || err != nil {
			t.Errorf("got %+v, %v of an account that is gone", got, err)
		}
	}
}

func (a accountSuite) unsupported(t *testing.T) {
	s := a.h.Open(t, "ann", "ben")
	seen := read(t, s.Target, "ann")
	acts := map[system.AccountAct]func() error{
		system.SetAccountEnd: func() error { return s.Target.SetEnd(t.Context(), seen, future) },
		system.EndSessions:   func() error { return s.Target.EndSessions(t.Context(), seen) },
	}
	for act, do := range acts {
		if !slices.Contains(s.Target.AccountActs(), act) {
			_ = wantKind(t, do(), fault.ErrConfig)
		}
	}
}

func (a accountSuite) sessions(t *testing.T) {
	s := a.h.Open(t, "ann", "ben")
	if !system.CanAct(s.Target, system.EndSessions) {
		t.Skip("the kind ends no sessions")
	}
	anns, bens := s.Session(t, "ann"), s.Session(t, "ben")
	if got := read(t, s.Another(t), "ann"); len(got.Issued) == 0 && got.Unlisted == "" || !anns() {
		t.Errorf("a session that works is not listed: %+v", got)
	}
	f := wantKind(t, s.Reader.EndSessions(t.Context(), read(t, s.Reader, "ann")), fault.ErrDenied)
	if right := s.Right[system.EndSessions]; right == "" || !strings.Contains(f.Happened, right) || !strings.Contains(f.Advice, right) || !anns() {
		t.Errorf("the error does not name %q: %+v", right, f)
	}
	ok(t, s.Target.SetEnabled(t.Context(), read(t, s.Target, "ann"), false))
	for range 2 {
		ok(t, s.Target.EndSessions(t.Context(), read(t, s.Target, "ann")))
		for _, target := range []system.Accounts{s.Target, s.Another(t)} {
			if got := read(t, target, "ann"); len(got.Issued) != 0 || anns() {
				t.Errorf("these go on: %q", got.Issued)
			}
		}
	}
	if got := read(t, s.Target, "ben"); len(got.Issued) == 0 && got.Unlisted == "" || !bens() {
		t.Errorf("the session of another account was ended: %+v", got)
	}
}

func (a accountSuite) cancelled(t *testing.T) {
	s := a.h.Open(t, "ann", "ben")
	seen := read(t, s.Target, "ann")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got, err := s.Another(t).Account(ctx, "ann")
	wantCancelled(t, answers(got), err)
	wantCancelled(t, 0, s.Target.SetEnabled(ctx, seen, false))
	s.wants(t, "ann", true, time.Time{}, true)
}

// wantKind fails the test unless err is a whole fault of a kind.
func wantKind(t *testing.T, err, kind error) *fault.Fault {
	t.Helper()
	var f *fault.Fault
	if !errors.Is(err, kind) || !errors.As(err, &f) {
		t.Fatalf("got error %v, want a fault of kind %q", err, kind)
	}
	if f.Summary == "" || f.Happened == "" || f.Advice == "" || f.Consequence != "" {
		t.Errorf("the fault does not say what it has to: %+v", f)
	}
	return f
}
