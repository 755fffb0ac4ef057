package scenarios_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

// scimDirectory is a directory over SCIM that holds the people of the scenario.
type scimDirectory struct {
	server  *servers.SCIMDirectory
	entries map[string]string // what was told of a person or team, by path
}

// newSCIM returns a directory that holds the people of an export.
func newSCIM(t *testing.T, rows table) *scimDirectory {
	d := &scimDirectory{entries: make(map[string]string)}
	var spec servers.SCIMSpec
	for path, entry := range resources(rows) {
		d.entries[path] = fmt.Sprint(entry)
		if strings.HasPrefix(path, "/Users/") {
			spec.Users = append(spec.Users, entry)
		} else {
			spec.Groups = append(spec.Groups, entry)
		}
	}
	d.server = servers.StartSCIM(t).Directory(t, spec)
	return d
}

func (d *scimDirectory) put(t *testing.T, e export) {
	t.Helper()
	all := resources(e.rows)
	for _, path := range slices.Sorted(maps.Keys(all)) {
		if text := fmt.Sprint(all[path]); d.entries[path] != text {
			d.server.Call(t, "PUT", path, all[path], nil)
			d.entries[path] = text
		}
	}
}

// resources turns the export into what the directory holds, by path.
func resources(rows table) map[string]map[string]any {
	out := make(map[string]map[string]any)
	members, names := make(map[string][]any), make(map[string]string)
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		row := rows[id]
		member := map[string]any{"value": id, "type": "User"}
		if row["Worker Type"] == "Team" {
			names[row["Name"]] = row["Work Email"]
			member = map[string]any{"value": groupID(row["Name"]), "type": "Group"}
		} else {
			out["/Users/"+id] = user(id, row)
		}
		for _, unit := range units(row) {
			members[unit] = append(members[unit], member)
		}
	}
	for unit, inside := range members {
		name := unit
		// A group of SCIM has no address, so its name is what owners are called by.
		if names[unit] != "" {
			name = names[unit]
		}
		out["/Groups/"+groupID(unit)] = map[string]any{
			"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Group"}, "id": groupID(unit), "displayName": name, "members": inside,
		}
	}
	return out
}

func groupID(unit string) string { return "group-" + strings.ReplaceAll(unit, " ", "-") }

func user(id string, row map[string]string) map[string]any {
	out := map[string]any{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:User", servers.SCIMEnterprise},
		"id":      id, "userName": row["Work Email"], "displayName": row["Name"], "userType": row["Worker Type"], "active": row["Employment Status"] != "Terminated",
		"emails": []any{map[string]any{"value": row["Work Email"], "type": "work", "primary": true}},
	}
	if manager := row["Manager ID"]; manager != "" {
		out[servers.SCIMEnterprise] = map[string]any{"manager": map[string]any{"value": manager}}
	}
	return out
}
