package ldap

import (
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// The presets.
const (
	OpenLDAP        = "openldap"
	ActiveDirectory = "active_directory"
)

// How the members of groups inside a group are found.
const (
	Walk  = "walk"  // read every group
	Chain = "chain" // let the server do it, by LDAP_MATCHING_RULE_IN_CHAIN
)

// Presets lists the presets.
func Presets() []string { return []string{OpenLDAP, ActiveDirectory} }

// Attributes whose meaning is known.
const (
	attrMemberUID     = "memberUid"
	attrUniqueMember  = "uniqueMember"
	attrControl       = "userAccountControl"
	attrExpires       = "accountExpires"
	attrShadowExpire  = "shadowExpire"
	attrObjectGUID    = "objectGUID"
	attrObjectClass   = "objectClass"
	attrSID           = "objectSid"
	attrPrimary       = "primaryGroupID"
	attrLockedTime    = "pwdAccountLockedTime"
	attrPolicy        = "pwdPolicySubentry"
	attrPasswordStart = "pwdStartTime"
	attrPasswordEnd   = "pwdEndTime"
	attrLockout       = "pwdLockout"
	attrLastSuccess   = "pwdLastSuccess"     // of slapd's lastbind
	attrAuthTimestamp = "authTimestamp"      // of the overlay lastbind
	attrLastLogon     = "lastLogonTimestamp" // at most 14 days late
	attrChange        = "entryCSN"
	attrUUID          = "entryUUID"
	attrWritable      = "allowedAttributesEffective"
	attrRights        = "sDRightsEffective"
)

// profile is a preset, overridden by the configuration.
type profile struct {
	activeDirectory bool
	peopleFilter    string
	groupFilter     string
	id              string
	usernames       []string
	emails          []string
	name            string
	manager         string
	kind            string
	status          string
	endDate         string
	groupID         string
	member          string
	teams           string
	chain           bool

	personKeys []string // the attributes that name a person, that of the id first
	groupKeys  []string
	personRead []string // the attributes that are read of a person
	groupRead  []string
	unique     bool // the server ensures that every id is unique
}

func pick(configured, preset string) string {
	if configured != "" {
		return configured
	}
	return preset
}

func pickAll(configured []string, preset ...string) []string {
	if len(configured) > 0 {
		return configured
	}
	return preset
}

func newProfile(c *Config) profile {
	p := profile{
		activeDirectory: c.Preset == ActiveDirectory,
		manager:         pick(c.ManagerAttribute, "manager"),
		kind:            pick(c.KindAttribute, "employeeType"),
		status:          c.StatusAttribute,
		member:          pick(c.MemberAttribute, "member"),
		teams:           c.TeamsAttribute,
		emails:          pickAll(c.EmailAttributes, "mail"),
	}
	if p.activeDirectory {
		p.peopleFilter = pick(c.PeopleFilter, "(&(objectCategory=person)(objectClass=user))")
		p.groupFilter = pick(c.GroupFilter, "(objectCategory=group)")
		p.id = pick(c.IDAttribute, "sAMAccountName")
		p.groupID = pick(c.GroupIDAttribute, "sAMAccountName")
		p.usernames = pickAll(c.UsernameAttributes, "sAMAccountName", "userPrincipalName")
		p.name = pick(c.NameAttribute, "displayName")
		p.endDate = pick(c.EndDateAttribute, attrExpires)
		p.chain = c.NestedGroups != Walk && strings.EqualFold(p.member, "member")
	} else {
		p.peopleFilter = pick(c.PeopleFilter, "(|(objectClass=person)(objectClass=account))")
		p.groupFilter = pick(c.GroupFilter, groupClass(p.member))
		p.id = pick(c.IDAttribute, "uid")
		p.groupID = pick(c.GroupIDAttribute, "cn")
		p.usernames = pickAll(c.UsernameAttributes, "uid")
		p.name = pick(c.NameAttribute, "cn")
		p.endDate = pick(c.EndDateAttribute, attrPasswordEnd)
	}
	p.personKeys = attributes([]string{p.id}, p.usernames, p.emails)
	p.groupKeys = attributes([]string{p.groupID}, p.emails)
	p.personRead = attributes(p.personKeys, []string{p.name, "cn", p.manager, p.kind, p.status, p.endDate, p.teams}, p.accountRead())
	p.groupRead = attributes(p.groupKeys, []string{p.name, "cn", p.teams})
	if p.activeDirectory {
		p.groupRead = attributes(p.groupRead, []string{attrSID})
	}
	p.unique = uniqueByServer(p.id) && uniqueByServer(p.groupID) && c.BaseDN != "" && len(c.GroupBaseDNs) == 0
	return p
}

// accountRead lists the attributes that show a disabled account.
func (p *profile) accountRead() []string {
	if p.activeDirectory {
		return []string{attrControl, attrPrimary, attrSID}
	}
	return []string{attrLockedTime, attrPolicy, attrPasswordStart, attrPasswordEnd}
}

// groupClass returns the filter for the groups that have a member attribute.
func groupClass(member string) string {
	switch {
	case strings.EqualFold(member, attrMemberUID):
		return "(objectClass=posixGroup)"
	case strings.EqualFold(member, attrUniqueMember):
		return "(objectClass=groupOfUniqueNames)"
	}
	return "(objectClass=groupOfNames)"
}

func uniqueByServer(attribute string) bool {
	return slices.ContainsFunc([]string{"sAMAccountName", "userPrincipalName", attrObjectGUID, "entryUUID"},
		func(a string) bool { return strings.EqualFold(a, attribute) })
}

// attributes joins lists of attributes without repetition.
func attributes(lists ...[]string) []string {
	var out []string
	for _, a := range slices.Concat(lists...) {
		if a != "" && !slices.ContainsFunc(out, func(b string) bool { return system.Fold(a) == system.Fold(b) }) {
			out = append(out, a)
		}
	}
	return out
}
