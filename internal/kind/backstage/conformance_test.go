package backstage

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

func TestFilesConform(t *testing.T) {
	with := func(damage func(t *testing.T, c *Config)) systemtest.Make {
		return func(t *testing.T, seed systemtest.Seed) system.System {
			c := writeFiles(t, entitiesOf(seed))
			damage(t, &c)
			s, err := New(c)
			if err != nil {
				t.Fatal(err)
			}
			return newSeeded(s, seed)
		}
	}
	write := func(change func(text string) string) systemtest.Make {
		return with(func(t *testing.T, c *Config) {
			text, err := os.ReadFile(c.Files[0])
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(c.Files[0], []byte(change(string(text))), 0o600); err != nil {
				t.Fatal(err)
			}
		})
	}
	h := systemtest.Harness{
		Healthy: with(func(*testing.T, *Config) {}),
		Broken: map[string]systemtest.Make{
			"missing":         with(func(_ *testing.T, c *Config) { c.Files[0] += "x" }),
			"nothing matches": with(func(_ *testing.T, c *Config) { c.Files[1] += "*.none" }),
			"fewer than min_records": with(func(_ *testing.T, c *Config) {
				c.MinRecords = map[string]int{table.NameAssets: 99, table.NamePeople: 99}
			}),
			"a folder":        with(func(t *testing.T, c *Config) { c.Files = append(c.Files, t.TempDir()) }),
			"empty":           write(func(string) string { return "" }),
			"only a comment":  write(func(string) string { return "# nothing\n" }),
			"no YAML":         write(func(text string) string { return text + "---\nkind: [\n" }),
			"another text":    write(func(string) string { return "<html>503</html>\n" }),
			"a list":          write(func(string) string { return "- kind: Component\n" }),
			"no name":         write(func(text string) string { return text + "---\nkind: Component\nmetadata: {}\n" }),
			"no kind":         write(func(text string) string { return text + "---\nmetadata: {name: a}\n" }),
			"not UTF-8":       write(func(text string) string { return text + "\xff" }),
			"NUL":             write(func(text string) string { return text + "\x00" }),
			"anchors":         write(func(text string) string { return text + "---\nkind: Component\nmetadata: {name: &a b}\n" }),
			"two of one key":  write(func(text string) string { return text + "---\nkind: Component\nkind: API\nmetadata: {name: b}\n" }),
			"nested too deep": write(func(text string) string { return text + "---\nkind: " + strings.Repeat("[", 1000) }),
			"a text as list":  write(func(text string) string { return text + "---\nkind: Component\nmetadata: {name: b, title: [a]}\n" }),
		},
	}
	t.Run("assets", func(t *testing.T) { systemtest.Assets(t, h) })
	t.Run("people", func(t *testing.T) { systemtest.People(t, h) })
}

func TestAPIConforms(t *testing.T) {
	broken := make(map[string]systemtest.Make)
	for name, fault := range systemtest.HTTPFaults() {
		broken[name] = func(t *testing.T, seed systemtest.Seed) system.System {
			return newSeeded(served(t, fault(&catalog{entities: entitiesOf(seed)}), func(*Config) {}), seed)
		}
	}
	broken["wrong token"] = func(t *testing.T, seed systemtest.Seed) system.System {
		return newSeeded(served(t, &catalog{entities: entitiesOf(seed)}, func(c *Config) { c.Token = "0ther-token" }), seed)
	}
	broken["redirect to another host"] = func(t *testing.T, seed systemtest.Seed) system.System {
		other := systemtest.ServeHTTP(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			t.Errorf("another host was asked with %q", r.Header.Get("Authorization"))
		}))
		return newSeeded(served(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other+r.URL.Path, http.StatusFound)
		}), func(*Config) {}), seed)
	}
	broken["certificate that does not verify"] = func(t *testing.T, seed systemtest.Seed) system.System {
		url := systemtest.ServeUntrusted(t, &catalog{entities: entitiesOf(seed)})
		return newSeeded(served(t, http.NotFoundHandler(), func(c *Config) { c.URL = url }), seed)
	}
	h := systemtest.Harness{
		Healthy: func(t *testing.T, seed systemtest.Seed) system.System {
			return newSeeded(served(t, &catalog{entities: entitiesOf(seed)}), seed)
		},
		Broken: broken, Sizes: []int{0, 1, 2, 3, 4, 6, 7}, Unique: true,
	}
	t.Run("assets", func(t *testing.T) { systemtest.Assets(t, h) })
	t.Run("people", func(t *testing.T) { systemtest.People(t, h) })
	t.Run("lists", func(t *testing.T) { systemtest.Lists(t, h, system.CanReadAssets) })
}
