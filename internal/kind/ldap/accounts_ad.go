package ldap

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// activeDirectory switches accounts by a bit of userAccountControl and by
// accountExpires. The same right allows other bits, such as one for which no
// password is needed: only the one bit is changed, in the value that was read.
type activeDirectory struct{}

// expiresNever is one of the two values that mean never.
const expiresNever = "0"

func (activeDirectory) attributes() []string {
	return []string{attrObjectGUID, attrControl, attrExpires, attrLastLogon, attrWritable, attrRights}
}

func (activeDirectory) fill(ctx context.Context, s *System, e *ldap.Entry, a *system.Account) error {
	a.ID = value(e, attrObjectGUID)
	disabled, stated, err := s.accountDisabled(ctx, e)
	if err != nil {
		return err
	}
	if !stated {
		return s.unreadableAccount(e, attrControl)
	}
	a.Enabled = !disabled
	if a.EndUnknown = value(e, attrExpires) == ""; !a.EndUnknown {
		if a.ExpiresAt, err = endDate(e, attrExpires); err != nil {
			return s.unreadable(e, attrExpires, err)
		}
	}
	if t, err := fileTime(value(e, attrLastLogon)); err == nil {
		a.LastUsedAt = t
	}
	s.refuseUnwritable(e, a)
	if a.EndUnknown {
		a.Refusals[system.SetAccountEnd] = s.refused(fault.ErrDenied,
			fmt.Sprintf("The directory %q does not let %s read %s of %q, from which a change would have to be made.", s.config.Name, s.who(), attrExpires, s.shown(e.DN)), adviceRights, nil)
	}
	a.Seen = &seenAccount{dn: e.DN, values: map[string]string{attrControl: value(e, attrControl), attrExpires: value(e, attrExpires)}}
	return nil
}

// refuseUnwritable refuses what the server says may not be written. A server that
// works out effective rights shows those of the security descriptor in any case.
func (s *System) refuseUnwritable(e *ldap.Entry, a *system.Account) {
	writable := values(e, attrWritable)
	if len(writable) == 0 && value(e, attrRights) == "" {
		return
	}
	for attribute, acts := range map[string][]system.AccountAct{
		attrControl: {system.EnableAccount, system.DisableAccount}, attrExpires: {system.SetAccountEnd},
	} {
		if slices.ContainsFunc(writable, func(w string) bool { return strings.EqualFold(w, attribute) }) {
			continue
		}
		for _, act := range acts {
			a.Refusals[act] = s.denied(s.shown(e.DN), []string{attribute}, nil)
		}
	}
}

func (activeDirectory) enabled(seen *seenAccount, on bool) *ldap.ModifyRequest {
	m := ldap.NewModifyRequest(seen.dn, nil)
	flags, err := strconv.ParseInt(seen.values[attrControl], 10, 32)
	if err != nil {
		panic(err) // fill has read it
	}
	wanted := flags | accountDisable
	if on {
		wanted = flags &^ accountDisable
	}
	if wanted != flags {
		swap(m, attrControl, seen.values[attrControl], strconv.FormatInt(wanted, 10))
	}
	return m
}

func (activeDirectory) end(seen *seenAccount, end time.Time) *ldap.ModifyRequest {
	m := ldap.NewModifyRequest(seen.dn, nil)
	wanted := expiresNever
	if !end.IsZero() {
		wanted = strconv.FormatInt((end.Unix()+epochOf1601)*ticksPerSecond, 10)
	}
	if old := seen.values[attrExpires]; old != wanted {
		swap(m, attrExpires, old, wanted)
	}
	return m
}

// swap takes the value away that was read and adds another, in one change, which
// fails if the value is no longer there. Active Directory has no assertions.
func swap(m *ldap.ModifyRequest, attribute, old, wanted string) {
	m.Delete(attribute, []string{old})
	m.Add(attribute, []string{wanted})
}

// schemaIDs name the properties that may be written in entries of access lists.
var schemaIDs = map[string]string{
	attrControl: "bf967a68-0de6-11d0-a285-00aa003049e2", attrExpires: "bf967915-0de6-11d0-a285-00aa003049e2",
}

const schemaIDOfUser = "bf967aba-0de6-11d0-a285-00aa003049e2"

func (activeDirectory) grant(s *System, attribute string) string {
	base, who := s.bases[0].text, s.config.BindDN
	return fmt.Sprintf("Give exactly this right, on the user objects below the base: dsacls %q /I:S /G %q. In Samba: samba-tool dsacl set --objectdn=%q --sddl=%q with the SID of the account.",
		base, who+":WP;"+attribute+";user", base, "(OA;CIIO;WP;"+schemaIDs[attribute]+";"+schemaIDOfUser+";SID)")
}

// denied names the right to write that is missing.
func (s *System) denied(entry string, attributes []string, err error) error {
	list := strings.Join(attributes, ",")
	return s.refused(fault.ErrDenied, fmt.Sprintf("In the directory %q %s lacks the right to write %s of %q.", s.config.Name, s.who(), list, entry),
		s.accounts().grant(s, list), err)
}
