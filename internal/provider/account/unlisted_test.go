package account

import (
	"context"
	"errors"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/effect"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// silent is a target that does not list what an account was given.
type silent struct {
	*systemtest.FakeAccounts
	deny  bool
	ended int
}

func (s *silent) Account(ctx context.Context, subject string) (*system.Account, error) {
	a, err := s.FakeAccounts.Account(ctx, subject)
	if a != nil {
		a.Issued, a.Unlisted = nil, "sessions"
	}
	return a, err
}

func (s *silent) EndSessions(context.Context, *system.Account) error {
	if s.deny {
		return &fault.Fault{Kind: fault.ErrDenied, Summary: "s", Happened: "h", Advice: "a"}
	}
	s.ended++
	return nil
}

// act does what is wanted, with what the state remembers, and takes the result over into the state.
func (s *silent) act(t *testing.T, state *model, w wanted) effect.Result[*system.Account] {
	t.Helper()
	w.subject, w.mayEnable, w.unlistedEnded = "ann", true, state.unlistedEnded()
	var last *system.Account
	r := effect.Do(t.Context(), nil, w.act(s, &last))
	state.refresh(r.State)
	return r
}

// refresh brings a state to what the target shows.
func (s *silent) refresh(t *testing.T, state *model) {
	t.Helper()
	a, err := s.Account(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	state.refresh((&wanted{unlistedEnded: state.unlistedEnded()}).listed(a))
}

// What a target does not list is open until ending it was accepted. The state remembers
// that, for as long as the account is disabled.
func TestSessionsThatATargetDoesNotList(t *testing.T) {
	s := &silent{FakeAccounts: systemtest.NewFakeAccounts("corp", "ann"), deny: true}
	var state model
	want := func(what string, ended int, open bool) {
		t.Helper()
		if s.ended != ended || state.isOpen() != open {
			t.Errorf("%s: ended %d times, open %v; want %d times, %v", what, s.ended, state.isOpen(), ended, open)
		}
		if s.refresh(t, &state); state.isOpen() != open {
			t.Errorf("%s: refreshed, open %v", what, state.isOpen())
		}
	}
	s.refresh(t, &state)
	want("taken over", 0, true)
	r := s.act(t, &state, wanted{sessions: true})
	var f *fault.Fault
	if !errors.As(r.Err, &f) || f.Consequence != "The account is disabled. Its sessions are not ended." {
		t.Errorf("got %v", r.Err)
	}
	want("disabled without the right to end sessions", 0, true)
	s.deny = false
	state.EndSessions = types.BoolValue(true)
	if !state.leavesOpen() {
		t.Error("a plan would not show that sessions are left")
	}
	for range 2 {
		if r = s.act(t, &state, wanted{sessions: true}); r.Err != nil {
			t.Fatal(r.Err)
		}
		want("ended once", 1, false)
	}
	s.act(t, &state, wanted{enabled: true})
	want("enabled again", 1, true)
	s.act(t, &state, wanted{sessions: true})
	want("disabled again", 2, false)

	// Enabled again by somebody else: by the state, all is ended.
	a, _ := s.Account(t.Context(), "ann")
	if err := s.SetEnabled(t.Context(), a, true); err != nil {
		t.Fatal(err)
	}
	s.act(t, &state, wanted{sessions: true})
	want("enabled behind the state", 3, false)

	state = model{Present: types.BoolValue(true), Enabled: types.BoolValue(false), Issued: value.Texts(nil), EndSessions: types.BoolValue(true)}
	if state.leavesOpen() || !state.unlistedEnded() {
		t.Error("an empty list is not remembered")
	}
	there := types.BoolValue(true)
	for _, forgotten := range []model{
		{}, {Present: there, Enabled: types.BoolValue(true), Issued: value.Texts(nil)}, {Present: there, Enabled: types.BoolValue(false)},
		{Present: types.BoolValue(false), Enabled: types.BoolValue(false), Issued: value.Texts(nil)},
	} {
		if forgotten.unlistedEnded() {
			t.Errorf("%+v: counts as ended", forgotten)
		}
	}
}
