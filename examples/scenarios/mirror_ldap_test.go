package scenarios_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

// ldapDirectory is a part of a directory that holds the people of the scenario.
type ldapDirectory struct {
	server               *servers.Directory
	base, people, groups string
	flavor               flavor
	entries              map[string]map[string][]string // what was told of a person or team, by DN
}

// flavor is how one sort of directory stores people and teams.
type flavor struct {
	rdn    func(row map[string]string) string
	person func(id string, row map[string]string) map[string][]string
	group  func(name string) map[string][]string
}

func newDirectory(t *testing.T, server *servers.Directory, f flavor) *ldapDirectory {
	d := &ldapDirectory{server: server, flavor: f, entries: make(map[string]map[string][]string)}
	d.base = server.Unit(t, strings.ToLower(t.Name()), server.BaseDN)
	d.people, d.groups = server.Unit(t, "people", d.base), server.Unit(t, "groups", d.base)
	return d
}

// login returns the name that somebody logs in with.
func login(row map[string]string) string {
	name, _, _ := strings.Cut(row["Work Email"], "@")
	return name
}

// openLDAP stores people as its schemas for people do. Whether they are still
// here stands where the personnel department wants it.
var openLDAP = flavor{
	rdn: func(row map[string]string) string { return "uid=" + login(row) },
	person: func(id string, row map[string]string) map[string][]string {
		out := map[string][]string{
			"objectClass": {"inetOrgPerson"}, "cn": {row["Name"]}, "sn": {row["Name"]}, "employeeNumber": {id},
			"businessCategory": {row["Employment Status"]}, "pwdEndTime": nil,
		}
		if day := row["Last Day"]; day != "" {
			out["pwdEndTime"] = []string{strings.ReplaceAll(day, "-", "") + "235959Z"}
		}
		return out
	},
	group: func(name string) map[string][]string {
		return map[string][]string{"objectClass": {"groupOfNames", "extensibleObject"}, "cn": {name}}
	},
}

// activeDirectory stores people as accounts, and switches off those of people
// who have left.
var activeDirectory = flavor{
	rdn: func(row map[string]string) string { return "cn=" + login(row) },
	person: func(id string, row map[string]string) map[string][]string {
		const (
			enabled = "544" // NORMAL_ACCOUNT, and no password is set
			never   = "0"
		)
		out := map[string][]string{
			"objectClass": {"user"}, "sAMAccountName": {login(row)}, "displayName": {row["Name"]}, "employeeID": {id},
			"userAccountControl": {enabled}, "accountExpires": {never},
		}
		if row["Employment Status"] == "Terminated" {
			out["userAccountControl"] = []string{"546"} // likewise, and ACCOUNTDISABLE
		}
		if day, err := time.Parse(time.DateOnly, row["Last Day"]); err == nil {
			// Hundreds of nanoseconds since 1601, at the end of the day.
			out["accountExpires"] = []string{strconv.FormatInt((day.AddDate(0, 0, 1).Unix()+11_644_473_600)*10_000_000, 10)}
		}
		return out
	},
	group: func(name string) map[string][]string {
		return map[string][]string{"objectClass": {"group"}, "sAMAccountName": {name}}
	},
}

func (d *ldapDirectory) dn(row map[string]string) string {
	if row["Worker Type"] == "Team" {
		return d.groupDN(row["Name"])
	}
	return d.flavor.rdn(row) + "," + d.people
}

func (d *ldapDirectory) put(t *testing.T, e export) {
	t.Helper()
	members := make(map[string][]string) // by unit
	var people, teams []map[string]string
	for _, id := range slices.Sorted(maps.Keys(e.rows)) {
		row := e.rows[id]
		for _, unit := range units(row) {
			members[unit] = append(members[unit], d.dn(row))
		}
		if row["Worker Type"] == "Team" {
			teams = append(teams, row)
			continue
		}
		people = append(people, row)
		attributes := d.flavor.person(id, row)
		attributes["mail"], attributes["employeeType"] = []string{row["Work Email"]}, []string{row["Worker Type"]}
		d.write(t, d.dn(row), attributes)
	}
	// Whom an entry refers to must be there already: managers after people, and
	// a team before the one that it is in.
	for _, row := range people {
		var manager []string
		if above, ok := e.rows[row["Manager ID"]]; ok {
			manager = []string{d.dn(above)}
		}
		d.write(t, d.dn(row), map[string][]string{"manager": manager})
	}
	slices.SortStableFunc(teams, func(a, b map[string]string) int { return len(units(b)) - len(units(a)) })
	for _, row := range teams {
		d.group(t, row["Name"], members[row["Name"]], row["Work Email"])
		delete(members, row["Name"])
	}
	for unit, inside := range members {
		d.group(t, unit, inside)
	}
}

// units returns the teams and departments that a person or team is in.
func units(row map[string]string) []string {
	return strings.FieldsFunc(row["Org Units"], func(r rune) bool { return r == ';' })
}

func (d *ldapDirectory) group(t *testing.T, name string, members []string, mail ...string) {
	t.Helper()
	attributes := d.flavor.group(name)
	attributes["member"], attributes["mail"] = members, mail
	d.write(t, d.groupDN(name), attributes)
}

func (d *ldapDirectory) groupDN(name string) string { return "cn=" + name + "," + d.groups }

// write adds an entry, or sets those of the attributes that are different.
func (d *ldapDirectory) write(t *testing.T, dn string, attributes map[string][]string) {
	t.Helper()
	was, there := d.entries[dn]
	if !there {
		d.server.Add(t, dn, attributes)
		d.entries[dn] = attributes
		return
	}
	changed := make(map[string][]string)
	for name, values := range attributes {
		if !slices.Equal(was[name], values) {
			changed[name], was[name] = values, values
		}
	}
	if len(changed) > 0 {
		d.server.Set(t, dn, changed)
	}
}
