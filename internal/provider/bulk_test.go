package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/inventory"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/file"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/rest"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest/snipetest"
)

// connect replaces the systems of the workspace.
func connect(w *acctest.Workspace, systems string) {
	w.Write("provider.tf", regexp.MustCompile(`(?m)^    cmdb = .*$`).ReplaceAllLiteralString(w.Read("provider.tf"), systems))
}

// A small plan reads what it names and lists nothing.
func TestThreeBindingsMakeThreeSingleReads(t *testing.T) {
	w := acctest.LoadAlone(t, "grant")
	server := &systemtest.Recorder{Handler: &snipetest.Server{Assets: many}}
	url := systemtest.ServeHTTP(t, server)
	connect(w, fmt.Sprintf(`hq = { snipeit = { url = %q, token = "canary-token" } }
    corp = { file = { people = "${var.inventory}/people.csv" } }`, url))
	w.Append("people.csv", "p11,,person1,One,employee,active,,,\np12,,person2,Two,employee,active,,,\np10,,person0,Ten,employee,active,,,")
	w.Write("main.tf", `resource "custody_binding" "all" {
  for_each = toset(["1", "2", "10000"])
  asset    = "hq/${each.key}"
}
`)
	w.Plan().Exits(2).Says("3 to add").Silent("canary-token")
	var asked []string
	for _, r := range server.Requests() {
		asked = append(asked, r.URL.RequestURI())
	}
	slices.Sort(asked)
	if want := []string{"/api/v1/hardware/1", "/api/v1/hardware/10000", "/api/v1/hardware/2"}; !slices.Equal(asked, want) {
		t.Errorf("asked for %q, want %q", asked, want)
	}
	systemtest.WantSecret(t, server.Requests(), "canary-token")
}

const (
	many     = 10_000
	pageSize = 500
	parallel = 10 // what terraform does at a time
)

// snipe connects the fake. The budget of the description is for a real server.
func snipe(t testing.TB, url string) system.System {
	t.Helper()
	s, err := rest.New(rest.Config{Name: "hq", Kind: "snipeit", URL: url, Secrets: map[string]string{"token": "canary-token"}, RequestsPerMinute: -1})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// files writes the same assets, or the people, to a file and connects that.
func files(t testing.TB, name string) system.System {
	t.Helper()
	var b strings.Builder
	config := file.Config{Name: name}
	path := filepath.Join(t.TempDir(), name+".csv")
	if name == "corp" {
		config.People = path
		b.WriteString("id,username,kind,status\n")
		for n := range snipetest.People {
			fmt.Fprintf(&b, "p%d,%s,employee,active\n", n, snipetest.Holder(n))
		}
	} else {
		config.Assets = path
		b.WriteString("id,class,name,state,owner,verified_at\n")
		for n := 1; n <= many; n++ {
			fmt.Fprintf(&b, "%d,laptop,Laptop %d,in_service,%s,2030-01-01\n", n, n, snipetest.Holder(n))
		}
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := file.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// assess does what the provider does for a plan of all assets, as many at a time
// as terraform. Each of them has as many tasks as the function says.
func assess(t testing.TB, assets, people system.System, tasks func(n int) int) {
	t.Helper()
	facts, err := inventory.New([]system.System{assets, people}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &run.Run{Now: acctest.Start, Rules: policy.Baseline(), Facts: facts}
	var g errgroup.Group
	g.SetLimit(parallel)
	for n := 1; n <= many; n++ {
		g.Go(func() error {
			b, err := r.Assess(t.Context(), lifecycle.Question{Asset: lifecycle.Ref{System: "hq", ID: strconv.Itoa(n)}})
			if err == nil && (b.State != lifecycle.StateInService || b.OwnerStatus != lifecycle.PersonActive || len(b.Tasks) != tasks(n)) {
				return fmt.Errorf("asset %d: %+v", n, b)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

func none(int) int { return 0 }

// A large plan takes the pages of the lists and few requests besides.
func TestManyBindingsMakePages(t *testing.T) {
	server := &snipetest.Server{Assets: many}
	assess(t, snipe(t, systemtest.ServeHTTP(t, server)), files(t, "corp"), none)
	if n, pages := server.Asked(), snipetest.Pages(many, pageSize); n > pages+30 {
		t.Errorf("%d requests for %d pages", n, pages)
	}
}

// So does one through the command line tool, which asks for one binding after
// the other.
func TestManyBindingsInAPlanMakePages(t *testing.T) {
	const some, size = 500, 50
	w := acctest.LoadAlone(t, "grant")
	server := &snipetest.Server{Assets: some}
	connect(w, fmt.Sprintf(`hq = { snipeit = { url = %q, token = "canary-token", page_size = %d, requests_per_minute = -1 } }
    corp = { file = { people = "${var.inventory}/people.csv" } }`, systemtest.ServeHTTP(t, server), size))
	for n := range snipetest.People {
		w.Append("people.csv", fmt.Sprintf("p%d,,%s,Somebody,employee,active,,,", n, snipetest.Holder(n)))
	}
	w.Write("main.tf", fmt.Sprintf(`resource "custody_binding" "all" {
  count = %d
  asset = "hq/${count.index + 1}"
}
`, some))
	w.Plan().Exits(2).Says("500 to add")
	if n, pages := server.Asked(), snipetest.Pages(some, size); n < pages || n > pages+30 {
		t.Errorf("%d requests for %d pages", n, pages)
	}
}

// BenchmarkManyBindings assesses 10,000 bindings from files and from a server
// that takes 50 ms for an answer, and reads the pages of that server alone.
// bench measures the same through the command line tool.
func BenchmarkManyBindings(b *testing.B) {
	b.Run("files", func(b *testing.B) {
		for b.Loop() {
			assess(b, files(b, "hq"), files(b, "corp"), none)
		}
	})
	b.Run("pages", func(b *testing.B) {
		for b.Loop() {
			assets, _ := system.AsAssets(snipe(b, systemtest.ServeHTTP(b, &snipetest.Server{Assets: many, Latency: 50 * time.Millisecond})))
			for _, err := range assets.Assets(b.Context()) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("snipeit", func(b *testing.B) {
		for b.Loop() {
			server := &snipetest.Server{Assets: many, Latency: 50 * time.Millisecond}
			assess(b, snipe(b, systemtest.ServeHTTP(b, server)), files(b, "corp"), none)
			b.ReportMetric(float64(server.Asked()), "requests")
		}
	})
}
