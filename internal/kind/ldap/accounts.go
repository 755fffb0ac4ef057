package ldap

import (
	"context"
	"fmt"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

const (
	summaryAccount = "Unable to Read Account"
	summarySwitch  = "Unable to Switch Account"
)

// accountRights says how a sort of server switches accounts.
type accountRights interface {
	// attributes lists what is read of an account.
	attributes() []string
	// fill tells the state of an account from its entry.
	fill(ctx context.Context, s *System, e *ldap.Entry, a *system.Account) error
	// enabled and end return the changes of the entry; none if there is nothing to
	// change.
	enabled(seen *seenAccount, on bool) *ldap.ModifyRequest
	end(seen *seenAccount, end time.Time) *ldap.ModifyRequest
	// grant says how to give the right to write an attribute, and nothing else.
	grant(s *System, attribute string) string
}

// seenAccount is an account as it was read (system.Account.Seen).
type seenAccount struct {
	dn     string
	closed bool              // its time of use ends before it begins
	values map[string]string // the values that changes are made from
}

func (s *System) accounts() accountRights {
	if s.profile.activeDirectory {
		return activeDirectory{}
	}
	return openLDAP{}
}

// AccountActs lists what can be done with accounts. A directory cannot end the
// sessions of an account: a connection that is open stays open, and what other
// services have let in, they keep.
func (s *System) AccountActs() []system.AccountAct {
	return []system.AccountAct{system.EnableAccount, system.DisableAccount, system.SetAccountEnd}
}

// Account returns the account that has the subject for an id or a user name.
func (s *System) Account(ctx context.Context, subject string) (*system.Account, error) {
	key, ok := system.UsableKey(subject)
	if !ok {
		return nil, ctx.Err()
	}
	keys := attributes([]string{s.profile.id}, s.profile.usernames)
	filter := "(&" + s.profile.peopleFilter + anyOf([]string{key}, keys) + ")"
	entries, err := s.subtree(ctx, s.bases, filter, attributes(keys, s.accounts().attributes()))
	if err != nil {
		return nil, err
	}
	if err := s.nameless(entries, keys); err != nil {
		return nil, err
	}
	entries = named(entries, []string{key}, keys)
	switch len(entries) {
	case 0:
		return nil, s.proveAbsent(ctx, keys)
	case 1:
	default:
		return nil, &fault.Fault{
			Kind: fault.ErrConfig, Summary: summaryAccount,
			Happened: fmt.Sprintf("The directory %q holds %d entries that %q names, %q and %q among them.", s.config.Name, len(entries), subject,
				s.shown(entries[0].DN), s.shown(entries[1].DN)),
			Advice: "Name one account by an attribute that is unique: set id_attribute, narrow base_dn, or leave the others out with people_filter.",
		}
	}
	e := entries[0]
	a := &system.Account{Name: clean(e.DN), Refusals: make(map[system.AccountAct]error)}
	if err := s.accounts().fill(ctx, s, e, a); err != nil {
		return nil, err
	}
	if foldDN(e.DN) == foldDN(s.config.BindDN) {
		a.Refusals[system.DisableAccount] = s.refused(fault.ErrConfig,
			fmt.Sprintf("%q is the account with which custody itself logs in to the directory %q.", s.shown(e.DN), s.config.Name),
			"Leave it out: disabled, it could not be enabled again from here.", nil)
	}
	return a, nil
}

// nameless refuses entries that a search by name found, but that do not show the
// name: whether the subject names them is unknown.
func (s *System) nameless(entries []*ldap.Entry, keys []string) error {
	for _, e := range entries {
		shown := false
		for _, key := range keys {
			shown = shown || len(values(e, key)) > 0
		}
		if !shown {
			return s.unreadableAccount(e, keys[0])
		}
	}
	return nil
}

// proveAbsent returns an error unless a search by the attributes would have found
// the account, were it there. It remembers nothing.
func (s *System) proveAbsent(ctx context.Context, keys []string) error {
	for _, base := range s.bases {
		if err := s.checkBase(ctx, base); err != nil {
			return err
		}
	}
	return s.checkSearch(ctx, keys)
}

// SetEnabled switches the account on or off.
func (s *System) SetEnabled(ctx context.Context, a *system.Account, enabled bool) error {
	return s.change(ctx, a, s.actOf(enabled), func(seen *seenAccount) *ldap.ModifyRequest { return s.accounts().enabled(seen, enabled) })
}

func (s *System) actOf(enabled bool) system.AccountAct {
	if enabled {
		return system.EnableAccount
	}
	return system.DisableAccount
}

// SetEnd sets from when on the account is refused.
func (s *System) SetEnd(ctx context.Context, a *system.Account, end time.Time) error {
	return s.change(ctx, a, system.SetAccountEnd, func(seen *seenAccount) *ldap.ModifyRequest { return s.accounts().end(seen, end) })
}

// EndSessions is refused: a directory cannot do it.
func (s *System) EndSessions(_ context.Context, a *system.Account) error {
	return s.refused(fault.ErrConfig, fmt.Sprintf("The directory %q cannot end the sessions of %q.", s.config.Name, s.shown(a.Name)),
		"End them in the services that the account has logged in to.", nil)
}

func (s *System) change(ctx context.Context, a *system.Account, act system.AccountAct, request func(*seenAccount) *ldap.ModifyRequest) error {
	if err := a.Refusals[act]; err != nil {
		return err
	}
	seen, ok := a.Seen.(*seenAccount)
	if !ok {
		return s.refused(fault.ErrConfig, fmt.Sprintf("%q was not read from the directory %q.", s.shown(a.Name), s.config.Name), "Please report this to the provider's developers.", nil)
	}
	m := request(seen)
	if len(m.Changes) == 0 {
		return ctx.Err()
	}
	if err := s.modify(ctx, m); err != nil {
		return s.modifyFault(ctx, act, m, err)
	}
	return nil
}

// unreadableAccount names the right that is missing to read an account.
func (s *System) unreadableAccount(e *ldap.Entry, attribute string) error {
	return &fault.Fault{
		Kind: fault.ErrUnavailable, Summary: summaryAccount,
		Happened: fmt.Sprintf("The directory %q does not know the attribute %s, or does not let %s read and search it, of %q, so the state of the account is unknown.",
			s.config.Name, attribute, s.who(), s.shown(e.DN)),
		Advice: s.accounts().grant(s, attribute),
	}
}

// who names the account with which custody logs in.
func (s *System) who() string {
	if s.config.Anonymous {
		return "a connection without an account"
	}
	return fmt.Sprintf("the account %q", s.shown(s.config.BindDN))
}
