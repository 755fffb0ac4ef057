package ldap

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// accountDisable is ADS_UF_ACCOUNTDISABLE, a bit of userAccountControl.
const accountDisable = 0x2

// person turns an entry into a person. complete adds the manager and the teams,
// which take further look-ups.
func (s *System) person(ctx context.Context, e *ldap.Entry) (lifecycle.Person, error) {
	p, err := s.common(e, s.profile.id)
	if err != nil {
		return p, err
	}
	for _, a := range s.profile.usernames {
		if p.Username = value(e, a); p.Username != "" {
			break
		}
	}
	p.Kind = s.kindOf(e)
	if p.EndDate, err = endDate(e, s.profile.endDate); err != nil {
		return p, s.unreadable(e, s.profile.endDate, err)
	}
	err = s.setStatus(ctx, e, &p)
	return p, err
}

// group turns an entry into a team.
func (s *System) group(_ context.Context, e *ldap.Entry) (lifecycle.Person, error) {
	p, err := s.common(e, s.profile.groupID)
	p.Kind, p.Status = lifecycle.KindTeam, lifecycle.PersonActive
	if s.left(e) {
		p.Status = lifecycle.PersonLeft
	}
	return p, err
}

func (s *System) common(e *ldap.Entry, id string) (lifecycle.Person, error) {
	p := lifecycle.Person{Directory: s.config.Name, ID: value(e, id), Name: value(e, s.profile.name), Source: clean(e.DN)}
	if p.ID == "" {
		return p, &flawed{s.unavailable(fmt.Sprintf("The directory %q does not show the attribute %s of the entry %q, by which it would be named.", s.config.Name, id, s.shown(e.DN)),
			"Set id_attribute or group_id_attribute to an attribute that every person or group has, exclude such entries with people_filter or group_filter, "+
				"or give the account the right to read the attribute.", nil)}
	}
	if p.Name == "" {
		p.Name = value(e, "cn")
	}
	for _, a := range s.profile.emails {
		if p.Email = value(e, a); p.Email != "" {
			break
		}
	}
	return p, nil
}

func (s *System) unreadable(e *ldap.Entry, attribute string, err error) error {
	return &flawed{s.unavailable(fmt.Sprintf("The directory %q holds a value of %s in the entry %q that cannot be understood: %s.", s.config.Name, attribute, s.shown(e.DN), s.shown(err.Error())),
		"Correct the value, or name another attribute in the block of the system.", nil)}
}

// kindOf reads the kind of a person. Without a word, a person is an employee;
// the kind of a word that is not mapped is not stated, and of several words the
// one that requires more care is used.
func (s *System) kindOf(e *ldap.Entry) lifecycle.OwnerKind {
	words := values(e, s.profile.kind)
	if kind, mapped := s.kinds[""]; mapped && len(words) == 0 {
		return kind
	}
	if len(words) == 0 {
		return lifecycle.KindEmployee
	}
	kind := lifecycle.KindUnstated
	for _, word := range words {
		kind = max(kind, s.kinds[system.Fold(word)])
	}
	return kind
}

// left reports whether the entry is below one of the bases for people who have
// left.
func (s *System) left(e *ldap.Entry) bool {
	if len(s.leftIn) == 0 {
		return false
	}
	dn, err := ldap.ParseDN(e.DN)
	return err == nil && within(dn, s.leftIn)
}

// setStatus reads the status of the person. It uses explicit words only: no
// date is compared with a clock here.
func (s *System) setStatus(ctx context.Context, e *ldap.Entry, p *lifecycle.Person) error {
	if s.left(e) {
		p.Status = lifecycle.PersonLeft
		return nil
	}
	p.Status = lifecycle.PersonActive
	if s.profile.status != "" {
		// Several words contradict each other, and together they are mapped to
		// nothing.
		all := values(e, s.profile.status)
		slices.Sort(all)
		word := strings.Join(all, ", ")
		status, known := s.statuses[system.Fold(word)]
		if p.Status = status; !known {
			p.StatusText = word
		}
	}
	disabled, stated, err := s.accountDisabled(ctx, e)
	switch {
	case err != nil:
		return err
	case disabled && worse(s.disabled, p.Status):
		p.Status, p.StatusText = s.disabled, ""
	case !stated && s.profile.status == "" && s.disabled != lifecycle.PersonActive:
		// The account lacks the right to read it: nothing shows that the person's
		// account works.
		p.Status = lifecycle.PersonUnknown
	}
	return nil
}

// worse reports whether the status of a disabled account is more severe than
// the status that the directory states.
func worse(disabled, stated lifecycle.OwnerStatus) bool {
	return disabled != lifecycle.PersonActive && disabled > stated
}

// accountDisabled reports whether the account is disabled permanently, and
// whether the directory shows this at all.
func (s *System) accountDisabled(ctx context.Context, e *ldap.Entry) (disabled, stated bool, err error) {
	if !s.profile.activeDirectory {
		disabled, err = s.locked(ctx, e)
		return disabled, true, err
	}
	text := value(e, attrControl)
	if text == "" {
		return false, false, nil
	}
	// It is a signed number of 32 bits.
	flags, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return false, false, s.unreadable(e, attrControl, fmt.Errorf("%q is not a number", text))
	}
	return flags&accountDisable != 0, true, nil
}

// locked reports whether a password policy locks the account permanently. A lock
// with a time comes from wrong passwords, often of another person, and is
// temporary; only the value for "by an administrator" counts, and slapd enforces
// it only if the policy in force has pwdLockout.
func (s *System) locked(ctx context.Context, e *ldap.Entry) (bool, error) {
	if closed, err := s.closed(e); closed || err != nil {
		return closed, err
	}
	if !lockedForGood(e) {
		return false, nil
	}
	policy := s.policyOf(e)
	if policy == "" {
		return false, nil
	}
	return s.policies.Get(ctx, foldDN(policy), func(ctx context.Context) (bool, error) {
		_, locks, err := s.readPolicy(ctx, policy)
		return locks, err
	})
}

// closed reports whether the time of use of an account ends before it begins, which
// slapd takes for a disabled account.
func (s *System) closed(e *ldap.Entry) (bool, error) {
	start, end := value(e, attrPasswordStart), value(e, attrPasswordEnd)
	if start == "" || end == "" {
		return false, nil
	}
	from, err := generalizedTime(start)
	if err != nil {
		return false, s.unreadable(e, attrPasswordStart, err)
	}
	to, err := generalizedTime(end)
	if err != nil {
		return false, s.unreadable(e, attrPasswordEnd, err)
	}
	return !from.Before(to), nil
}

// forever is the lock that only an administrator sets.
const forever = "000001010000Z"

func lockedForGood(e *ldap.Entry) bool {
	return strings.HasPrefix(value(e, attrLockedTime), strings.TrimSuffix(forever, "Z"))
}

// policyOf returns the name of the password policy of an entry, as far as it is
// known.
func (s *System) policyOf(e *ldap.Entry) string {
	return pick(value(e, attrPolicy), s.config.PasswordPolicyDN)
}

// readPolicy reports whether a password policy is there, and whether it enforces
// locks.
func (s *System) readPolicy(ctx context.Context, policy string) (found, locks bool, err error) {
	e, err := s.entry(ctx, policy, "(objectClass=*)", []string{attrLockout})
	if e == nil || err != nil {
		return false, false, err
	}
	return true, strings.EqualFold(value(e, attrLockout), "TRUE"), nil
}
