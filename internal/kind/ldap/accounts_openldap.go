package ldap

import (
	"context"
	"fmt"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// controlAssertion makes a server change an entry only if a filter matches it
// (RFC 4528).
const controlAssertion = "1.3.6.1.1.12"

// openLDAP switches accounts by the overlay ppolicy: a lock that only an
// administrator sets, and the end of the time of use.
type openLDAP struct{}

func (openLDAP) attributes() []string {
	return []string{attrUUID, attrChange, attrLockedTime, attrPolicy, attrPasswordStart, attrPasswordEnd, attrLastSuccess, attrAuthTimestamp}
}

func (openLDAP) fill(ctx context.Context, s *System, e *ldap.Entry, a *system.Account) error {
	a.ID = value(e, attrUUID)
	endKnown, err := s.mayTell(ctx, e)
	if err != nil {
		return err
	}
	closed, err := s.closed(e)
	if err != nil {
		return err
	}
	policy := s.policyOf(e)
	found, locks := false, false
	if policy != "" {
		if found, locks, err = s.readPolicy(ctx, policy); err != nil {
			return err
		}
	}
	a.Enabled = !closed && !(lockedForGood(e) && locks)
	if a.EndUnknown = !endKnown; endKnown {
		if a.ExpiresAt, err = endDate(e, attrPasswordEnd); err != nil {
			return s.unreadable(e, attrPasswordEnd, err)
		}
	}
	for _, attribute := range []string{attrLastSuccess, attrAuthTimestamp} {
		if t, err := generalizedTime(value(e, attribute)); err == nil && t.After(a.LastUsedAt) {
			a.LastUsedAt = t
		}
	}
	s.refuseUnenforced(e, a, policy, found, locks)
	if closed {
		a.Refusals[system.SetAccountEnd] = s.refused(fault.ErrConfig,
			fmt.Sprintf("The account %q in the directory %q is disabled because its %s is not before its %s. A later end would enable it.", s.shown(e.DN), s.config.Name, attrPasswordStart, attrPasswordEnd),
			"Leave the end out. To enable the account takes "+attrPasswordStart+" away; after that an end can be set.", nil)
	}
	a.Seen = &seenAccount{dn: e.DN, closed: closed, values: map[string]string{
		attrChange: value(e, attrChange), attrLockedTime: value(e, attrLockedTime), attrPasswordStart: value(e, attrPasswordStart), attrPasswordEnd: value(e, attrPasswordEnd),
	}}
	return nil
}

// mayTell returns an error unless the directory tells whether the account is locked,
// and reports whether it tells its end. An attribute that is unknown, or that may not
// be searched, looks as if the entry did not have it.
func (s *System) mayTell(ctx context.Context, e *ldap.Entry) (end bool, err error) {
	must := []string{attrLockedTime, attrPolicy}
	found, err := s.entry(ctx, e.DN, "(&"+answerable(append(must, attrPasswordStart, attrPasswordEnd)...)+")", []string{noAttributes})
	if found != nil || err != nil {
		return true, err
	}
	for _, attribute := range must {
		found, err := s.entry(ctx, e.DN, "(&"+answerable(attribute)+")", []string{noAttributes})
		if err != nil {
			return false, err
		}
		if found == nil {
			return false, s.unreadableAccount(e, attribute)
		}
	}
	return false, nil
}

// refuseUnenforced refuses what the server would accept and not enforce.
func (s *System) refuseUnenforced(e *ldap.Entry, a *system.Account, policy string, found, locks bool) {
	name := s.shown(e.DN)
	switch {
	case policy == "":
		reason := s.refused(fault.ErrConfig, fmt.Sprintf("The entry %q names no password policy, and none is configured, so it is unknown whether the directory %q would enforce it.", name, s.config.Name),
			"Set password_policy_dn to the ppolicy_default of the server.", nil)
		a.Refusals[system.DisableAccount], a.Refusals[system.SetAccountEnd] = reason, reason
	case !found:
		reason := s.refused(fault.ErrConfig, fmt.Sprintf("The password policy %q of %q is not there, or may not be read by %s: without a policy the directory %q enforces neither locks nor ends.",
			s.shown(policy), name, s.who(), s.config.Name), "Add the policy, or give the right to read it: "+aclLine(policy, "entry,objectClass,"+attrLockout, s.config.BindDN, "read"), nil)
		a.Refusals[system.DisableAccount], a.Refusals[system.SetAccountEnd] = reason, reason
	case !locks:
		a.Refusals[system.DisableAccount] = s.refused(fault.ErrConfig,
			fmt.Sprintf("The password policy %q of %q does not show pwdLockout TRUE, so the directory %q accepts a lock and lets the account in.", s.shown(policy), name, s.config.Name),
			"Set pwdLockout to TRUE in the policy, or give the right to read it: "+aclLine(policy, "entry,objectClass,"+attrLockout, s.config.BindDN, "read"), nil)
	}
	if a.EndUnknown && a.Refusals[system.SetAccountEnd] == nil {
		a.Refusals[system.SetAccountEnd] = s.refused(fault.ErrDenied,
			fmt.Sprintf("The directory %q does not know the attribute %s, which OpenLDAP has from 2.5 on, or does not let %s read and search it, of %q.", s.config.Name, attrPasswordEnd, s.who(), name),
			openLDAP{}.grant(s, attrPasswordStart+","+attrPasswordEnd), nil)
	}
}

// enabled locks without an assertion: whatever happens to the entry meanwhile, it is
// to be locked, and failed logins, which change the entry too, must not prevent it.
func (openLDAP) enabled(seen *seenAccount, on bool) *ldap.ModifyRequest {
	if !on {
		m := ldap.NewModifyRequest(seen.dn, nil)
		m.Replace(attrLockedTime, []string{forever})
		return m
	}
	// The number of the last change tells also a lock that was taken away and set
	// again, perhaps for another reason.
	as := []string{attrLockedTime, attrPasswordStart, attrPasswordEnd}
	if seen.values[attrChange] != "" {
		as = []string{attrChange}
	}
	m := ldap.NewModifyRequest(seen.dn, []ldap.Control{unchanged(seen, as)})
	m.Replace(attrLockedTime, nil)
	if seen.closed {
		m.Replace(attrPasswordStart, nil)
	}
	return m
}

func (openLDAP) end(seen *seenAccount, end time.Time) *ldap.ModifyRequest {
	m := ldap.NewModifyRequest(seen.dn, []ldap.Control{unchanged(seen, []string{attrPasswordEnd})})
	var values []string
	if !end.IsZero() {
		values = []string{end.UTC().Format("20060102150405Z")}
	}
	m.Replace(attrPasswordEnd, values)
	return m
}

// unchanged demands that the entry has the values that were read (RFC 4528). The
// library has no type for the control.
func unchanged(seen *seenAccount, attributes []string) ldap.Control {
	filter := "(&"
	for _, a := range attributes {
		if v := seen.values[a]; v != "" {
			filter += "(" + a + "=" + ldap.EscapeFilter(v) + ")"
		} else {
			filter += "(!(" + a + "=*))"
		}
	}
	packet, err := ldap.CompileFilter(filter + ")")
	if err != nil {
		panic(err) // it is made of constants and escaped values
	}
	return ldap.NewControlString(controlAssertion, true, string(packet.Bytes()))
}

func (openLDAP) grant(s *System, attribute string) string {
	return "Give exactly this right, in slapd.conf or as olcAccess: " + aclLine(s.bases[0].text, attribute, s.config.BindDN, "write")
}

// aclLine is an access rule of slapd. The level write includes read and search.
func aclLine(below, attributes, who, level string) string {
	return fmt.Sprintf("access to dn.subtree=%q attrs=%s by dn.exact=%q %s by * break", below, attributes, who, level)
}
