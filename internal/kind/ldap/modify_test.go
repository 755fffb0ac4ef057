package ldap_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	goldap "github.com/go-ldap/ldap/v3"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/ldap"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// kim is the account of a fake directory that refuses changes.
func kim(t *testing.T, modify *ber.Packet) (*ldap.System, *system.Account) {
	t.Helper()
	f := &fake{modify: modify, search: func(string, int64) []*ber.Packet {
		return []*ber.Packet{found("uid=kim,dc=x", map[string]string{"uid": "kim", "pwdPolicySubentry": "cn=p", "pwdLockout": "TRUE"}), success("")}
	}}
	s := mustNew(t, f.start(t))
	a, err := s.Account(t.Context(), "kim")
	if err != nil || a == nil || !a.Enabled {
		t.Fatalf("got %+v, %v", a, err)
	}
	return s, a
}

// Each way to refuse a change has a meaning of its own, and none repeats what the
// directory says.
func TestResultCodesOfChanges(t *testing.T) {
	for code, want := range map[int64]struct {
		kind error
		says string
	}{
		1: {fault.ErrDenied, "lacks the right to write pwdAccountLockedTime"}, 8: {fault.ErrDenied, "lacks the right"},
		10: {fault.ErrConfig, "a copy that cannot be written"}, 16: {fault.ErrChanged, "has changed since it was read"}, 17: {fault.ErrConfig, "does not know the attribute"},
		19: {fault.ErrConfig, "and refused"}, 20: {fault.ErrChanged, "has changed since it was read"}, 32: {fault.ErrDenied, "lacks the right"},
		50: {fault.ErrDenied, "lacks the right"}, 51: {fault.ErrUnavailable, "and would not"}, 52: {fault.ErrUnavailable, "and would not"},
		53: {fault.ErrConfig, "and refused"}, 80: {fault.ErrConfig, "and refused"}, 122: {fault.ErrChanged, "has changed since it was read"},
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			s, a := kim(t, done(goldap.ApplicationModifyResponse, code, "the fake says so, password secret"))
			err := s.SetEnabled(t.Context(), a, false)
			var f *fault.Fault
			if !errors.As(err, &f) || !errors.Is(err, want.kind) || !strings.Contains(f.Happened, want.says) || f.Advice == "" || f.Consequence != "" {
				t.Fatalf("got %v, want %q of kind %q", err, want.says, want.kind)
			}
			if text := err.Error() + f.Detail(); strings.Contains(text, "secret") || !strings.Contains(text, fmt.Sprint(code)) {
				t.Errorf("got %s", text)
			}
		})
	}
}

// A connection that breaks says nothing of the change: it is not sent again, and not
// taken for refused.
func TestAChangeWhoseAnswerIsLost(t *testing.T) {
	s, a := kim(t, nil)
	err := s.SetEnabled(t.Context(), a, false)
	var f *fault.Fault
	if !errors.As(err, &f) || !errors.Is(err, fault.ErrUnavailable) || !strings.Contains(f.Happened, "did not answer") || !strings.Contains(f.Advice, "finds out whether it was done") {
		t.Errorf("got %v", err)
	}
	// The reading that follows does so on a connection of its own.
	if a, err := s.Account(t.Context(), "kim"); err != nil || a == nil {
		t.Errorf("got %+v, %v", a, err)
	}
}

func TestAnAccountOfAnotherSystemIsRefused(t *testing.T) {
	s, _ := kim(t, nil)
	if err := s.SetEnabled(t.Context(), &system.Account{Name: "uid=kim,dc=x"}, false); !errors.Is(err, fault.ErrConfig) {
		t.Errorf("got %v", err)
	}
}
