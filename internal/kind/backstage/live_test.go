package backstage

import (
	"context"
	"iter"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

func TestMain(m *testing.M) { os.Exit(servers.Run(m)) }

// unsaid stands where Backstage wants a word and a seed has none.
const unsaid = "unsaid"

// accepted completes entities with what Backstage does not accept them without.
func accepted(entities []object) []object {
	for _, e := range entities {
		e["apiVersion"] = "backstage.io/v1alpha1"
		metadata, _ := e["metadata"].(object)
		if metadata["title"] == "" {
			delete(metadata, "title")
		}
		spec, _ := e["spec"].(object)
		delete(spec, "definition") // it names a file, which Backstage would fetch
		if profile, ok := spec["profile"].(object); ok {
			for name, value := range profile {
				if value == "" {
					delete(profile, name)
				}
			}
		}
		required := map[string]object{
			"Component": {"type": "component", "lifecycle": unsaid, "owner": unsaid},
			"User":      {"memberOf": []string{}},
			"Group":     {"type": "team", "children": []string{}},
		}[e["kind"].(string)]
		for name, value := range required {
			if have, ok := spec[name]; !ok || have == "" {
				spec[name] = value
			}
		}
	}
	return entities
}

// completed answers without what accepted added.
type completed struct{ *seeded }

func withoutAdded(r lifecycle.Record) lifecycle.Record {
	r.Owners = slices.DeleteFunc(slices.Clone(r.Owners), func(owner string) bool { return owner == "group:default/"+unsaid })
	if len(r.Owners) == 0 {
		r.Owners = nil
	}
	if r.StateText == unsaid {
		r.StateText = ""
	}
	return r
}

func (c completed) Asset(ctx context.Context, id string) ([]lifecycle.Record, error) {
	found, err := c.seeded.Asset(ctx, id)
	for i := range found {
		found[i] = withoutAdded(found[i])
	}
	return found, err
}

func (c completed) Assets(ctx context.Context) iter.Seq2[lifecycle.Record, error] {
	return func(yield func(lifecycle.Record, error) bool) {
		for r, err := range c.seeded.Assets(ctx) {
			if !yield(withoutAdded(r), err) {
				return
			}
		}
	}
}

// live returns a system that asks a real Backstage, whose catalog holds the
// entities.
func live(t *testing.T, entities []object, change ...func(*Config)) *System {
	t.Helper()
	b := servers.Backstage(t)
	b.Fill(t, entities)
	c := Config{
		Name: "cat", URL: b.URL, Token: b.Token, AllowHTTP: true, PageSize: 3,
		MinRecords: map[string]int{table.NameAssets: 0, table.NamePeople: 0},
	}
	for _, edit := range change {
		edit(&c)
	}
	s, err := open(c, httpclient.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBackstageConforms(t *testing.T) {
	with := func(change ...func(*Config)) systemtest.Make {
		return func(t *testing.T, seed systemtest.Seed) system.System {
			return completed{newSeeded(live(t, accepted(entitiesOf(seed)), change...), seed)}
		}
	}
	h := systemtest.Harness{
		Healthy: with(), Sizes: []int{0, 1, 3, 7}, Unique: true,
		Broken: map[string]systemtest.Make{
			"wrong token":     with(func(c *Config) { c.Token = "0ther-token" }),
			"another address": with(func(c *Config) { c.URL += "/backend" }),
		},
	}
	t.Run("assets", func(t *testing.T) { systemtest.Assets(t, h) })
	t.Run("people", func(t *testing.T) { systemtest.People(t, h) })
	t.Run("lists", func(t *testing.T) { systemtest.Lists(t, h, system.CanReadAssets) })
}

func liveEntity(kind, name string, spec object) object {
	return object{"apiVersion": "backstage.io/v1alpha1", "kind": kind, "metadata": object{"name": name}, "spec": spec}
}

// What Backstage makes of names and of what entities state of each other.
func TestRelationsOfBackstage(t *testing.T) {
	component := func(name, owner string) object {
		return liveEntity("Component", name, object{"type": "service", "lifecycle": "production", "owner": owner})
	}
	shop := component("Shop", "Ann")
	shop["metadata"].(object)["namespace"] = "web"
	s := live(t, []object{
		component("Billing", "Payments"), component("refunds", "user:Default/Ann"), component("desk", "ann@example.org"), shop,
		liveEntity("User", "Ann", object{"profile": object{"email": "ann@example.org"}, "memberOf": []string{"core"}}),
		liveEntity("User", "bob", object{"memberOf": []string{}}),
		liveEntity("Group", "Payments", object{"type": "team", "children": []string{"Core"}, "members": []string{"Bob"}}),
		liveEntity("Group", "core", object{"type": "team", "children": []string{}}),
	})
	for id, want := range map[string][]string{
		"component:default/billing": {"group:default/payments"}, "component:default/refunds": {"user:default/ann"},
		"component:default/desk": {"ann@example.org"}, "component:web/shop": {"group:web/ann"}, "component:default/shop": nil,
	} {
		found, err := s.Asset(t.Context(), id)
		if err != nil || len(found) != min(len(want), 1) || len(found) == 1 && !slices.Equal(found[0].Owners, want) {
			t.Errorf("Asset(%q) = %+v, %v; want the owners %q", id, found, err, want)
		}
	}
	for team, want := range map[string][]string{
		"group:default/payments": {"user:default/ann", "user:default/bob"}, "group:default/core": {"user:default/ann"}, "group:default/none": nil,
	} {
		found, err := s.Members(t.Context(), team)
		var ids []string
		for _, p := range found {
			ids = append(ids, p.ID)
		}
		slices.Sort(ids)
		if err != nil || !slices.Equal(ids, want) {
			t.Errorf("Members(%q) = %q, %v; want %q", team, ids, err, want)
		}
	}
}

// Backstage hides what an account may not see as if it were not there.
func TestAccountWithoutReadPermission(t *testing.T) {
	b := servers.Backstage(t)
	ann := liveEntity("User", "ann", object{"memberOf": []string{}})
	api := liveEntity("API", "a", object{"type": "openapi", "lifecycle": "production", "owner": "ann", "definition": "-"})
	s := live(t, []object{ann, api}, func(c *Config) { c.Token, c.MinRecords = b.Blind, nil })
	assets, err := s.Asset(t.Context(), "api:default/a")
	systemtest.WantUnavailable(t, len(assets), err)
	people, err := s.Person(t.Context(), "ann")
	systemtest.WantUnavailable(t, len(people), err)
	if !strings.Contains(err.Error(), "min_records") {
		t.Errorf("the error does not say why: %v", err)
	}
}
