package systemtest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The design names, for every kind, what would make somebody look absent, and the
// test that holds it. Each of them must be there.
func TestEveryHidingCauseHasATest(t *testing.T) {
	const root = "../../.."
	page, err := os.ReadFile(filepath.Join(root, "design", "013-what-would-hide-somebody.md"))
	if err != nil {
		t.Fatal(err)
	}
	folders := map[string][]string{
		"File": {"file"}, "SQL": {"sql"}, "LDAP, every server": {"ldap"}, "LDAP, Active Directory": {"ldap"}, "SCIM": {"scim"},
		"REST descriptions with people": {"rest"}, "Assets that name their owner": {"rest"}, "Backstage": {"backstage"},
	}
	test := regexp.MustCompile("`(Test[A-Za-z0-9]+)`")
	sections := strings.Split(string(page), "\n## ")
	seen := 0
	for _, section := range sections[1:] {
		title, text, _ := strings.Cut(section, "\n")
		kinds := folders[title]
		for _, row := range strings.Split(text, "\n") {
			if !strings.HasPrefix(row, "| ") || strings.HasPrefix(row, "| ---") || strings.HasPrefix(row, "| what would") {
				continue
			}
			names := test.FindAllStringSubmatch(row, -1)
			if len(kinds) == 0 || len(names) == 0 {
				t.Errorf("%s: no test holds %q", title, row)
			}
			for _, name := range names {
				if !declared(t, root, kinds, name[1]) {
					t.Errorf("%s: there is no %s", title, name[1])
				}
			}
			seen++
		}
		delete(folders, title)
	}
	if len(folders) > 0 || seen < 30 {
		t.Errorf("%d entries, and none for %v", seen, folders)
	}
}

func declared(t *testing.T, root string, kinds []string, name string) bool {
	t.Helper()
	for _, kind := range kinds {
		files, err := filepath.Glob(filepath.Join(root, "internal", "kind", kind, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "\nfunc "+name+"(t *testing.T) {") {
				return true
			}
		}
	}
	return false
}
