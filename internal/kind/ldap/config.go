package ldap

import (
	"fmt"
	"maps"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/redact"
	"github.com/custodyhq/terraform-provider-custody/internal/system/trust"
)

const (
	defaultTimeout  = 30 * time.Second
	longestTimeout  = 10 * time.Minute
	defaultPageSize = 500
	largestPageSize = 1000 // Active Directory's MaxPageSize
)

// checker collects what is wrong with a configuration.
type checker struct {
	problems []system.Problem
}

func (c *checker) add(attribute, message string) { c.addAt(attribute, "", message) }

func (c *checker) addAt(attribute, key, message string) {
	c.problems = append(c.problems, system.Problem{Attribute: attribute, Key: key, Message: message})
}

// configure checks the configuration and builds from it what look-ups need.
func (s *System) configure() []system.Problem {
	c, check := &s.config, &checker{}
	c.Preset = pick(c.Preset, OpenLDAP)
	if !slices.Contains(Presets(), c.Preset) {
		check.add("preset", fmt.Sprintf("%q is not accepted; use %s.", c.Preset, strings.Join(Presets(), ", ")))
	}
	if c.NestedGroups != "" && c.NestedGroups != Walk && c.NestedGroups != Chain {
		check.add("nested_groups", fmt.Sprintf("%q is not accepted; use %s or %s.", c.NestedGroups, Walk, Chain))
	}
	if c.NestedGroups == Chain && (c.Preset != ActiveDirectory || c.MemberAttribute != "" && !strings.EqualFold(c.MemberAttribute, "member")) {
		// Other servers do not know the rule, and every team would be empty.
		check.add("nested_groups", "chain is accepted for Active Directory and the attribute member only. Use "+Walk+".")
	}
	roots, problem := trust.Roots(c.CAFile)
	if problem != "" {
		check.add(trust.Attribute, problem)
	}
	s.pool = newPool(c, check.address(c), roots)
	check.identity(c)
	check.limits(c)
	s.checkBases(check)
	s.profile = newProfile(c)
	check.filter("people_filter", s.profile.peopleFilter)
	check.filter("group_filter", s.profile.groupFilter)
	check.attributes(c)
	s.checkWords(check)
	for i, key := range c.Probe {
		if _, ok := system.UsableKey(key); !ok {
			check.add("probe", fmt.Sprintf("Entry %d is empty or cannot be a key of a person or team.", i+1))
		}
	}
	return check.problems
}

// address checks the address of the server.
func (c *checker) address(config *Config) *url.URL {
	u, err := url.Parse(config.URL)
	switch {
	case config.URL == "":
		c.add("url", "It is required: the address of the directory, for instance ldaps://ldap.example.org.")
		return nil
	case err != nil || u.Opaque != "" || u.Scheme != "ldap" && u.Scheme != "ldaps" || u.Hostname() == "":
		c.add("url", "It is not the address of a directory. Write it like ldaps://ldap.example.org or ldap://ldap.example.org:389.")
		return nil
	case u.User != nil:
		c.add("url", "It must not hold a user name or a password: a URL is shown in plans and logs. Use bind_dn and password.")
		return nil
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		c.add("url", "It must end behind the host and port. Use base_dn, people_filter and the other attributes.")
		return nil
	}
	c.protection(config, u)
	return u
}

// protection checks how the connection to the server is protected.
func (c *checker) protection(config *Config, u *url.URL) {
	plain := u.Scheme == "ldap" && !config.StartTLS
	switch {
	case u.Scheme == "ldaps" && config.StartTLS:
		c.add("start_tls", "It is for ldap:// addresses; ldaps:// is protected from the first byte on.")
	case !plain && config.InsecurePlaintext:
		c.add("insecure_plaintext", "It is for ldap:// addresses without start_tls; remove it.")
	case plain && !config.InsecurePlaintext && !loopback(u.Hostname()):
		c.add("url", "Without TLS the password and the answers could be read and changed on the way. "+
			"Use ldaps://, or start_tls = true. Only insecure_plaintext = true allows it all the same.")
	}
	if config.CAFile != "" && plain {
		c.add(trust.Attribute, "It has no effect without TLS. Use ldaps://, or start_tls = true.")
	}
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func (c *checker) identity(config *Config) {
	switch {
	case config.Anonymous && (config.BindDN != "" || config.Password != ""):
		c.add("anonymous", "It excludes bind_dn and password.")
	case config.Anonymous:
	case config.BindDN == "":
		c.add("bind_dn", "It is required: the account that reads the directory. Set anonymous = true if the directory answers anybody.")
	case config.Password == "":
		// A name without a password is an anonymous bind that looks like one
		// with a name.
		c.add("password", "It is required with bind_dn, here or in the environment.")
	case strings.TrimSpace(config.Password) != config.Password:
		c.add("password", "It begins or ends with white space; a line break at the end of a file is a usual reason.")
	}
}

func (c *checker) limits(config *Config) {
	if config.Timeout == 0 {
		config.Timeout = defaultTimeout
	}
	if config.Timeout < 0 || config.Timeout > longestTimeout {
		c.add("timeout", fmt.Sprintf("It must be positive and at most %s.", longestTimeout))
	}
	if config.PageSize == 0 {
		config.PageSize = defaultPageSize
	}
	if config.PageSize < 1 || config.PageSize > largestPageSize {
		c.add("page_size", fmt.Sprintf("It must be between 1 and %d.", largestPageSize))
	}
}

func (s *System) checkBases(check *checker) {
	c := &s.config
	switch {
	case c.BaseDN != "" && len(c.BaseDNs) > 0:
		check.add("base_dns", "Set it or base_dn, not both.")
	case c.BaseDN != "":
		s.bases = check.names("base_dn", c.BaseDN)
	case len(c.BaseDNs) > 0:
		s.bases = check.names("base_dns", c.BaseDNs...)
	default:
		check.add("base_dn", "It is required: where people are, for instance dc=example,dc=org.")
	}
	s.groupsIn = s.bases
	if len(c.GroupBaseDNs) > 0 {
		s.groupsIn = check.names("group_base_dns", c.GroupBaseDNs...)
	}
	s.leftIn = check.names("left_base_dns", c.LeftBaseDNs...)
	for _, b := range s.leftIn {
		if len(s.bases) > 0 && !within(b.dn, s.bases) {
			check.add("left_base_dns", fmt.Sprintf("%q is not below base_dn, so no entry below it would be found.", b.text))
		}
	}
	if c.PasswordPolicyDN != "" {
		s.policyAt = check.names("password_policy_dn", c.PasswordPolicyDN)
	}
}

func (c *checker) names(attribute string, texts ...string) []branch {
	var out []branch
	for _, text := range texts {
		dn, err := ldap.ParseDN(text)
		if err != nil || len(dn.RDNs) == 0 {
			c.add(attribute, fmt.Sprintf("%q is not a distinguished name. Write it like ou=people,dc=example,dc=org.", text))
			continue
		}
		out = append(out, branch{text, dn})
	}
	return out
}

func (c *checker) filter(attribute, text string) {
	if _, err := ldap.CompileFilter(text); err != nil {
		c.add(attribute, fmt.Sprintf("%q is not a search filter: %s. Write it like (objectClass=person).", text, redact.Clean(err.Error(), 300)))
	}
}

// descriptor is an attribute's name (RFC 4512 section 1.4) without options.
var descriptor = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9-]*|[0-9]+(\.[0-9]+)+)$`)

func (c *checker) attributes(config *Config) {
	one := func(s string) []string { return []string{s} }
	for _, a := range []struct {
		name   string
		values []string
	}{
		{"id_attribute", one(config.IDAttribute)}, {"username_attributes", config.UsernameAttributes},
		{"email_attributes", config.EmailAttributes}, {"name_attribute", one(config.NameAttribute)},
		{"manager_attribute", one(config.ManagerAttribute)}, {"group_id_attribute", one(config.GroupIDAttribute)},
		{"member_attribute", one(config.MemberAttribute)}, {"teams_attribute", one(config.TeamsAttribute)},
		{"kind_attribute", one(config.KindAttribute)}, {"status_attribute", one(config.StatusAttribute)},
		{"end_date_attribute", one(config.EndDateAttribute)},
	} {
		for _, v := range a.values {
			if v != "" && !descriptor.MatchString(v) {
				c.add(a.name, fmt.Sprintf("%q is not the name of an attribute.", v))
			}
		}
	}
}

// checkWords builds the maps from the directory's words to custody's.
func (s *System) checkWords(check *checker) {
	c := &s.config
	if len(c.States) > 0 && c.StatusAttribute == "" {
		check.add("states", "It maps the values of status_attribute, which is not set.")
	}
	s.statuses = words(check, "states", c.States, lifecycle.DirectoryStatuses(), lifecycle.ParseDirectoryStatus)
	people := slices.DeleteFunc(lifecycle.OwnerKinds(), func(k string) bool { return k == "" || k == lifecycle.KindTeam.String() })
	s.kinds = words(check, "kinds", c.Kinds, people, lifecycle.ParseOwnerKind)
	accepted := []string{"suspended", "left", "active"}
	c.DisabledStatus = pick(c.DisabledStatus, accepted[0])
	status, err := lifecycle.ParseDirectoryStatus(c.DisabledStatus)
	if err != nil || !slices.Contains(accepted, c.DisabledStatus) {
		check.add("disabled_status", fmt.Sprintf("%q is not accepted; use %s.", c.DisabledStatus, strings.Join(accepted, ", ")))
	}
	s.disabled = status
}

// words maps the directory's words, in lower case, to custody's. custody's own
// words need no mapping.
func words[T any](check *checker, attribute string, configured map[string]string, accepted []string, parse func(string) (T, error)) map[string]T {
	out := make(map[string]T)
	for _, word := range accepted {
		if v, err := parse(word); err == nil {
			out[word] = v
		}
	}
	seen := make(map[string]string)
	for _, theirs := range slices.Sorted(maps.Keys(configured)) {
		ours, folded := configured[theirs], system.Fold(system.Clean(theirs))
		v, err := parse(ours)
		if err != nil || !slices.Contains(accepted, ours) {
			check.addAt(attribute, theirs, fmt.Sprintf("%q is not accepted; use %s.", ours, strings.Join(accepted, ", ")))
			continue
		}
		if other, twice := seen[folded]; twice {
			check.addAt(attribute, theirs, fmt.Sprintf("It is the same word as %q: case is ignored.", other))
		}
		seen[folded], out[folded] = theirs, v
	}
	return out
}
