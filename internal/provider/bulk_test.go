package provider_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/inventory"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/file"
	"github.com/custodyhq/terraform-provider-custody/internal/system/rest"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// snipeIT answers as a Snipe-IT does that holds the assets 1 to assets, none of
// them archived or deleted. Every answer takes as long as latency.
type snipeIT struct {
	assets  int
	latency time.Duration
}

func (s *snipeIT) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.latency > 0 {
		timer := time.NewTimer(s.latency)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	if id, single := strings.CutPrefix(r.URL.Path, "/api/v1/hardware/"); single {
		n, err := strconv.Atoi(id)
		if err != nil || n < 1 || n > s.assets {
			fmt.Fprint(w, `{"status":"error","messages":"Asset does not exist.","payload":null}`)
			return
		}
		_ = json.NewEncoder(w).Encode(hardware(n))
		return
	}
	q := r.URL.Query()
	total := s.assets
	if q.Has("status") {
		total = 0
	}
	offset, _ := strconv.Atoi(q.Get("offset"))
	limit, _ := strconv.Atoi(q.Get("limit"))
	rows := []map[string]any{}
	for n := offset + 1; n <= min(offset+limit, total); n++ {
		rows = append(rows, hardware(n))
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"total": total, "rows": rows})
}

// hardware is an asset as Snipe-IT tells it.
func hardware(n int) map[string]any {
	return map[string]any{
		"id": n, "name": fmt.Sprintf("Laptop %d", n), "asset_tag": fmt.Sprintf("LAP-%d", n),
		"model": map[string]any{"id": 1, "name": "ThinkPad T14"}, "category": map[string]any{"id": 1, "name": "laptop"},
		"status_label":    map[string]any{"id": 2, "name": "In use", "status_type": "deployable", "status_meta": "deployed"},
		"assigned_to":     map[string]any{"id": n, "type": "user", "username": holder(n), "email": nil, "employee_number": nil},
		"last_audit_date": map[string]any{"datetime": "2030-01-01 00:00:00"}, "last_checkout": nil, "deleted_at": nil, "custom_fields": []any{},
	}
}

// holder is the user name of one of a thousand people.
func holder(n int) string { return fmt.Sprintf("person%d", n%1000) }

// A small plan reads what it names and lists nothing.
func TestThreeBindingsMakeThreeSingleReads(t *testing.T) {
	w := acctest.Load(t, "grant")
	server := &systemtest.Recorder{Handler: &snipeIT{assets: 10_000}}
	url := systemtest.ServeHTTP(t, server)
	w.Edit("provider.tf", systems, fmt.Sprintf(`hq = { snipeit = { url = %q, token = "canary-token" } }
    corp = { file = { people = "people.csv" } }`, url))
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
		for n := range 1000 {
			fmt.Fprintf(&b, "p%d,%s,employee,active\n", n, holder(n))
		}
	} else {
		config.Assets = path
		b.WriteString("id,class,name,state,owner,verified_at\n")
		for n := 1; n <= many; n++ {
			fmt.Fprintf(&b, "%d,laptop,Laptop %d,in_service,%s,2030-01-01\n", n, n, holder(n))
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
	server := &systemtest.Recorder{Handler: &snipeIT{assets: many}}
	assess(t, snipe(t, systemtest.ServeHTTP(t, server)), files(t, "corp"), none)
	pages := many/pageSize + 2 // the archived and the deleted ones are lists of their own
	if n := len(server.Requests()); n > pages+30 {
		t.Errorf("%d requests for %d pages", n, pages)
	}
}

// BenchmarkManyBindings assesses 10,000 bindings from files and from a server
// that takes 50 ms for an answer, and reads the pages of that server alone. The
// server must not take longer than its pages and twice the files, in a plan
// through terraform, which takes minutes for so many by itself.
func BenchmarkManyBindings(b *testing.B) {
	b.Run("files", func(b *testing.B) {
		for b.Loop() {
			assess(b, files(b, "hq"), files(b, "corp"), none)
		}
	})
	b.Run("pages", func(b *testing.B) {
		for b.Loop() {
			assets, _ := system.AsAssets(snipe(b, systemtest.ServeHTTP(b, &snipeIT{assets: many, latency: 50 * time.Millisecond})))
			for _, err := range assets.Assets(b.Context()) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("snipeit", func(b *testing.B) {
		for b.Loop() {
			server := &systemtest.Recorder{Handler: &snipeIT{assets: many, latency: 50 * time.Millisecond}}
			assess(b, snipe(b, systemtest.ServeHTTP(b, server)), files(b, "corp"), none)
			b.ReportMetric(float64(len(server.Requests())), "requests")
		}
	})
}
