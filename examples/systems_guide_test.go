package examples_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/file"
)

// chapters are what the page of a kind of system must say.
var chapters = []string{"## Permissions", "## Example", "## What is mapped", "## What is read, and how often", "## Limits"}

// TestEveryKindHasAPage wants a page of each kind that the provider block
// accepts, and a line in one of the two guides, which says what the kind was tried
// against.
func TestEveryKindHasAPage(t *testing.T) {
	guide := template(t, "guides/connecting-your-asset-system.md") + template(t, "guides/connecting-your-identity-provider.md")
	kinds := providerSchema(t).ConfigSchema.Block.Attributes["systems"].AttributeNestedType.Attributes
	for kind, a := range kinds {
		page := "system-" + strings.ReplaceAll(kind, "_", "-") + ".md"
		if !strings.Contains(guide, "| [`"+kind+"`]("+page+") |") {
			t.Errorf("the tables of the guides lack %s", kind)
		}
		text := pageOf(t, page)
		for _, chapter := range chapters {
			if !strings.Contains(text, "\n"+chapter+"\n") {
				t.Errorf("%s lacks the chapter %q", page, chapter)
			}
		}
		if kind != "file" && kind != "rest" && !strings.Contains(strings.ToLower(text), "tried against") {
			t.Errorf("%s does not say what the kind was tried against", page)
		}
		if a.AttributeNestedType == nil {
			t.Errorf("%s is no block", kind)
		}
	}
}

// TestEveryPresetIsInTheGuide wants a line for each preset in the guide that says
// what to export, and its name on the page of the kind.
func TestEveryPresetIsInTheGuide(t *testing.T) {
	guide, page := template(t, "guides/from-an-export.md.tmpl"), pageOf(t, "system-file.md")
	for _, name := range file.Presets() {
		if !strings.Contains(guide, "| `"+name+"` |") || !strings.Contains(page, "`"+name+"`") {
			t.Errorf("%s is not described", name)
		}
	}
}

func pageOf(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(templates, "guides", name))
	if errors.Is(err, fs.ErrNotExist) {
		text, err = os.ReadFile(filepath.Join(templates, "guides", name+".tmpl"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// templates is absolute, because a workspace changes the working directory.
var templates = func() string {
	path, err := filepath.Abs(filepath.FromSlash("../templates"))
	if err != nil {
		panic(err)
	}
	return path
}()

// privateKey is a key in PEM, made for the tests.
var privateKey = sync.OnceValue(func() string {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return strings.TrimSpace(string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})))
})

var variables = regexp.MustCompile(`CUSTODY_[A-Z]+_[A-Z_]*[A-Z]`)

// TestSystemPages configures the provider as each page does. It connects to
// nothing: that happens when something is first asked for.
func TestSystemPages(t *testing.T) {
	var pages []string
	for _, pattern := range []string{"system-*.md*", "connecting-*.md"} {
		found, err := filepath.Glob(filepath.Join(templates, "guides", pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("no pages: %v", err)
		}
		pages = append(pages, found...)
	}
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	authority := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	for _, path := range pages {
		t.Run(filepath.Base(path), func(t *testing.T) {
			text := pageOf(t, filepath.Base(path))
			w := acctest.New(t)
			for _, name := range variables.FindAllString(text, -1) {
				value := "canary-secret"
				switch {
				case strings.HasSuffix(name, "_DSN"):
					value = "postgres://reader:canary-secret@db.example.org/cmdb"
				case strings.HasSuffix(name, "_PRIVATE_KEY"), strings.HasSuffix(name, "_CERTIFICATE"):
					value = privateKey()
				case strings.HasSuffix(name, "_SERVICE_ACCOUNT"):
					file, err := json.Marshal(map[string]string{"client_email": "reader@example.org", "private_key_id": "1", "private_key": privateKey()})
					if err != nil {
						t.Fatal(err)
					}
					value = string(file)
				}
				t.Setenv(name, value)
			}
			for _, name := range []string{"corp-ca.pem", "db-ca.pem"} {
				w.Write(name, authority)
			}
			for _, name := range []string{"assets.csv", "people.csv", "people.json", "tasks.yaml"} {
				w.Write("inventory/"+name, "id\n")
			}
			if yaml := blocks(text, "yaml"); len(yaml) > 0 {
				w.Write("toolcrib.yaml", yaml[0])
			}
			w.Write("main.tf", "terraform {\n  required_providers {\n    custody = { source = \"custodyhq/custody\" }\n  }\n}\n\ndata \"custody_policy\" \"any\" {}\n")
			for _, block := range blocks(text, "terraform") {
				if strings.HasPrefix(block, "provider ") {
					// What follows the provider block would ask the system.
					provider, _, _ := strings.Cut(block, "\n}\n")
					w.Write("provider.tf", strings.ReplaceAll(provider, "plantimestamp()", `"2030-01-15T09:00:00Z"`)+"\n}\n")
				}
			}
			w.Run("plan").Ok()
			for _, block := range blocks(text, "terraform") {
				if !strings.HasPrefix(block, "provider ") {
					w.Write("more.tf", block)
				}
			}
			w.Run("validate").Ok()
		})
	}
}
