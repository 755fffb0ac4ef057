package account

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/effect"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

var (
	june   = time.Date(2030, time.June, 30, 12, 0, 0, 0, time.UTC)
	noTime = time.Time{}
)

// An act takes access away first, and gives it last.
func TestTheOrderOfSteps(t *testing.T) {
	for name, c := range map[string]struct {
		disabled bool
		wanted   wanted
		want     string
	}{
		"off":                     {false, wanted{}, "disable"},
		"off with its sessions":   {false, wanted{sessions: true, end: &june}, "disable, end sessions, set the end to 2030-06-30T12:00:00Z"},
		"off already":             {true, wanted{}, ""},
		"sessions that were left": {true, wanted{sessions: true}, "end sessions"},
		"on":                      {true, wanted{enabled: true, mayEnable: true, end: &june}, "set the end to 2030-06-30T12:00:00Z, enable"},
		"on already":              {false, wanted{enabled: true, end: &noTime}, ""},
		"no sessions while on":    {false, wanted{enabled: true, sessions: true}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := systemtest.NewFakeAccounts("corp", "ann")
			if c.disabled {
				a, _ := f.Account(t.Context(), "ann")
				if err := f.SetEnabled(t.Context(), a, false); err != nil {
					t.Fatal(err)
				}
			}
			c.wanted.subject = "ann"
			var last *system.Account
			r := effect.Do(t.Context(), nil, c.wanted.act(f, &last))
			if got := strings.Join(r.Done, ", "); got != c.want || r.Err != nil {
				t.Errorf("done is %q, %v; want %q", got, r.Err, c.want)
			}
		})
	}
}

func TestAnActThatIsNotAllowed(t *testing.T) {
	f := systemtest.NewFakeAccounts("corp", "ann")
	a, _ := f.Account(t.Context(), "ann")
	if err := f.SetEnabled(t.Context(), a, false); err != nil {
		t.Fatal(err)
	}
	var last *system.Account
	for name, c := range map[string]struct {
		wanted wanted
		kind   error
	}{
		"the plan does not say so": {wanted{subject: "ann", enabled: true, end: &june}, fault.ErrChanged},
		"nothing to enable":        {wanted{subject: "ben", enabled: true, mayEnable: true}, errGone},
		"another account":          {wanted{subject: "ann", id: "other", enabled: true, mayEnable: true}, errGone},
	} {
		r := effect.Do(t.Context(), nil, c.wanted.act(f, &last))
		if !errors.Is(r.Err, c.kind) || len(r.Done) != 0 {
			t.Errorf("%s: got %v and done %q", name, r.Err, r.Done)
		}
	}
	// To disable what is gone is done.
	for _, w := range []wanted{{subject: "ben", sessions: true}, {subject: "ann", id: "other"}} {
		if r := effect.Do(t.Context(), nil, w.act(f, &last)); r.Err != nil || r.State != nil {
			t.Errorf("%+v: got %+v", w, r)
		}
	}
}

// Refusals that are known beforehand come before anything is done.
func TestAKnownRefusalStopsTheWholeAct(t *testing.T) {
	refusal := &fault.Fault{Kind: fault.ErrDenied, Summary: "s", Happened: "h", Advice: "a"}
	a := &system.Account{ID: "1", Enabled: true, Refusals: map[system.AccountAct]error{system.SetAccountEnd: refusal}}
	w := wanted{end: &june}
	if err := w.allow(a); !errors.Is(err, fault.ErrDenied) {
		t.Errorf("got %v", err)
	}
	if a.ExpiresAt = june; w.allow(a) != nil {
		t.Error("what is done already is refused")
	}
}

// limited is a target that can do some acts only.
type limited struct {
	*systemtest.FakeAccounts
	acts []system.AccountAct
}

func (l *limited) AccountActs() []system.AccountAct { return l.acts }

func TestArgumentsThatATargetCannotDo(t *testing.T) {
	none := &limited{FakeAccounts: systemtest.NewFakeAccounts("corp")}
	every := &limited{none.FakeAccounts, none.FakeAccounts.AccountActs()}
	off := model{Enabled: types.BoolValue(false), EndSessions: types.BoolValue(true), OnDestroy: types.StringValue(enable)}
	on := model{Enabled: types.BoolValue(true), OnDestroy: types.StringValue(disable)}
	open := model{Enabled: types.BoolUnknown(), EndSessions: types.BoolUnknown(), OnDestroy: types.StringValue(leave)}
	for name, c := range map[string]struct {
		model model
		end   types.String
		want  []string
	}{
		"off":  {off, types.StringValue(never), []string{"enabled", "expires_at", "end_sessions", "on_destroy"}},
		"on":   {on, types.StringNull(), []string{"enabled", "on_destroy"}},
		"open": {open, types.StringUnknown(), []string{"expires_at"}},
	} {
		var diags diag.Diagnostics
		c.model.supported(none, c.end, &diags)
		var got []string
		for _, d := range diags.Errors() {
			at, _ := d.(diag.DiagnosticWithPath)
			got = append(got, at.Path().String())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: refused are %q, want %q", name, got, c.want)
		}
		if c.model.supported(every, c.end, &diags); len(diags) != len(got) {
			t.Errorf("%s: refused for a target that can do everything", name)
		}
	}
}

// Runs that act at once on one account agree: the one that comes late finds the account
// as it wants it, whatever the target has answered.
func TestRunsThatActAtOnce(t *testing.T) {
	f := systemtest.NewFakeAccounts("corp", "ann")
	for _, enabled := range []bool{false, true, false} {
		w := wanted{subject: "ann", enabled: enabled, mayEnable: true, end: &june}
		var runs sync.WaitGroup
		for range 8 {
			runs.Go(func() {
				var last *system.Account
				r := effect.Do(t.Context(), nil, w.act(f, &last))
				if r.Err != nil || r.State.Enabled != enabled || !r.State.ExpiresAt.Equal(june) {
					t.Errorf("got %+v", r)
				}
			})
		}
		runs.Wait()
	}
}

// A record of another act is understood too: every step is judged by its name alone.
func TestStepsAreJudgedByTheirNames(t *testing.T) {
	a := &system.Account{Enabled: true, ExpiresAt: june, Issued: []string{"session 1"}}
	for step, want := range map[string]bool{
		stepEnable: true, stepDisable: false, stepSessions: false, stepEnd + "2030-06-30T12:00:00Z": true, stepEnd + never: false, stepEnd + "soon": false,
	} {
		if got := shows(a, step); got != want {
			t.Errorf("%q: %v", step, got)
		}
	}
	unknown := &system.Account{EndUnknown: true}
	if shows(unknown, stepEnd+never) {
		t.Error("an end that is not shown counts as none")
	}
}
