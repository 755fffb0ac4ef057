package scenarios_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

// openLDAP is a part of a directory that holds the people of the scenario.
type openLDAP struct {
	server               *servers.Directory
	base, people, groups string
	entries              map[string]string // what was told of a person or team, by DN
}

func newOpenLDAP(t *testing.T) *openLDAP {
	d := &openLDAP{server: servers.Slapd(t), entries: make(map[string]string)}
	d.base = d.server.Unit(t, strings.ToLower(t.Name()), d.server.BaseDN)
	d.people, d.groups = d.server.Unit(t, "people", d.base), d.server.Unit(t, "groups", d.base)
	return d
}

func (d *openLDAP) dn(row map[string]string) string {
	name, _, _ := strings.Cut(row["Work Email"], "@")
	return "uid=" + name + "," + d.people
}

func (d *openLDAP) put(t *testing.T, rows table) {
	t.Helper()
	members, mail := make(map[string][]string), make(map[string]string)
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		row := rows[id]
		if row["Worker Type"] == "Team" {
			mail[row["Name"]] = row["Work Email"]
			continue
		}
		for unit := range strings.SplitSeq(row["Org Units"], ";") {
			if unit != "" {
				members[unit] = append(members[unit], d.dn(row))
			}
		}
		attributes := map[string][]string{
			"objectClass": {"inetOrgPerson"}, "cn": {row["Name"]}, "sn": {row["Name"]}, "mail": {row["Work Email"]}, "employeeNumber": {id},
			"employeeType": {row["Worker Type"]}, "businessCategory": {row["Employment Status"]}, "manager": nil, "pwdEndTime": nil,
		}
		if manager, ok := rows[row["Manager ID"]]; ok {
			attributes["manager"] = []string{d.dn(manager)}
		}
		if day := row["Last Day"]; day != "" {
			attributes["pwdEndTime"] = []string{strings.ReplaceAll(day, "-", "") + "235959Z"}
		}
		d.write(t, d.dn(row), attributes)
	}
	for _, unit := range slices.Sorted(maps.Keys(members)) {
		attributes := map[string][]string{"objectClass": {"groupOfNames", "extensibleObject"}, "cn": {unit}, "member": members[unit]}
		if mail[unit] != "" {
			attributes["mail"] = []string{mail[unit]}
		}
		d.write(t, "cn="+unit+","+d.groups, attributes)
	}
}

// write adds or changes an entry, unless it is as it was.
func (d *openLDAP) write(t *testing.T, dn string, attributes map[string][]string) {
	t.Helper()
	text, was := fmt.Sprint(attributes), d.entries[dn]
	d.entries[dn] = text
	switch {
	case was == "":
		d.server.Add(t, dn, attributes)
	case was != text:
		d.server.Set(t, dn, attributes)
	}
}
