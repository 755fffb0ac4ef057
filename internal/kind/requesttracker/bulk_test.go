package requesttracker

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/inventory"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// manyAssetsServer answers as a Request Tracker does that holds the assets 1 to assets, each
// with an owner of its own and, if linked, with a ticket in the queue 3: that of
// asset 7 is ticket 7.
type manyAssetsServer struct {
	assets int
	linked bool
}

var (
	condition = regexp.MustCompile(`^id (>|=) (\d+)`)
	wanted    = regexp.MustCompile(`id = (\d+)`)
)

func (d *manyAssetsServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, q := strings.TrimPrefix(r.URL.Path, "/REST/2.0"), r.URL.Query()
	size, _ := strconv.Atoi(q.Get("per_page"))
	var ids []int
	term := condition.FindStringSubmatch(q.Get("query"))
	switch {
	case path == "/assets":
		bound, _ := strconv.Atoi(term[2])
		for id := 1; id <= d.assets; id++ {
			if id > bound && term[1] == ">" || id == bound && term[1] == "=" {
				ids = append(ids, id)
			}
		}
	case path == "/tickets":
		for _, id := range wanted.FindAllStringSubmatch(q.Get("query"), -1) {
			n, _ := strconv.Atoi(id[1])
			ids = append(ids, n)
		}
	default:
		d.one(w, r, path)
		return
	}
	items := []any{}
	for _, id := range ids[:min(size, len(ids))] {
		items = append(items, d.row(path, id, true))
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"count": len(items), "total": len(ids), "items": items})
}

func (d *manyAssetsServer) one(w http.ResponseWriter, r *http.Request, path string) {
	kind, name, _ := strings.Cut(path[1:], "/")
	id, _ := strconv.Atoi(name)
	switch {
	case kind == "asset" && id > 0 && id <= d.assets:
		_ = json.NewEncoder(w).Encode(d.row("/assets", id, false))
	case kind == "user":
		_ = json.NewEncoder(w).Encode(map[string]any{"Name": name, "EmailAddress": name + "@example.org"})
	default:
		answering(nil).ServeHTTP(w, r)
	}
}

// row is an asset or a ticket. Only a list tells the addresses of owners.
func (d *manyAssetsServer) row(path string, id int, listed bool) map[string]any {
	if path == "/tickets" {
		return map[string]any{"id": strconv.Itoa(id), "Queue": map[string]any{"id": "3"}, "Due": "1970-01-01T00:00:00Z"}
	}
	name := fmt.Sprintf("p%d", id)
	owner := map[string]any{"id": name, "type": "user"}
	if listed {
		owner["EmailAddress"] = name + "@example.org"
	}
	links := []any{}
	if d.linked {
		links = append(links, map[string]any{"ref": "referred-to-by", "type": "ticket", "id": strconv.Itoa(id)})
	}
	return map[string]any{
		"id": strconv.Itoa(id), "Name": "n", "Status": "in-use", "Catalog": map[string]any{"id": "2", "Name": "Laptops"}, "Owner": owner, "_hyperlinks": links,
	}
}

// workers is how much Terraform does at a time.
const workers = 10

// assess asks for the facts of assets, as a plan with a binding for each does.
func assess(t *testing.T, s *System, ids []string, right func(id string, facts *lifecycle.Facts) bool) {
	t.Helper()
	inv, err := inventory.New([]system.System{s}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var g errgroup.Group
	g.SetLimit(workers)
	for _, id := range ids {
		g.Go(func() error {
			facts, err := inv.Facts(t.Context(), lifecycle.Question{Asset: lifecycle.Ref{System: s.Name(), ID: id}}, nil)
			if err == nil && (len(facts.Records) != 1 || !right(id, &facts)) {
				return fmt.Errorf("asset %s: %+v", id, facts)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

// few is how many requests a run may take besides the pages of its lists.
const few = 30

// A plan with many bindings takes the pages of the lists and few requests
// besides, whatever an asset takes that is read by itself.
func TestManyBindingsMakePages(t *testing.T) {
	const many, size = 3000, 100
	for name, c := range map[string]struct {
		key    string
		queues map[string]string
		pages  int
	}{
		"names":               {ownerName, nil, many / size},
		"addresses":           {ownerEmail, nil, many / size},
		"names and tasks":     {ownerName, map[string]string{"Offboarding": "offboarding"}, many / size * 3},
		"addresses and tasks": {ownerEmail, map[string]string{"Offboarding": "offboarding"}, many / size * 3},
	} {
		t.Run(name, func(t *testing.T) {
			d := &manyAssetsServer{assets: many, linked: c.queues != nil}
			p := newProxy(t, "http://127.0.0.1:1", func(w http.ResponseWriter, r *http.Request) bool {
				d.ServeHTTP(w, r)
				return true
			})
			s := mustOpen(t, Config{Name: "hq", URL: p.URL, Token: "1-2-3", OwnerKey: c.key, Queues: c.queues, PageSize: size})
			var ids []string
			for id := range many {
				ids = append(ids, strconv.Itoa(id+1))
			}
			assess(t, s, ids, func(id string, facts *lifecycle.Facts) bool {
				owner := "p" + id
				if c.key == ownerEmail {
					owner += "@example.org"
				}
				tasks := !d.linked && len(facts.Tasks) == 0 || d.linked && len(facts.Tasks) == 1 && facts.Tasks[0].ID == id
				return tasks && slices.Equal(facts.Records[0].Owners, []string{owner})
			})
			asked := p.requests()
			if len(asked) > c.pages+few {
				t.Errorf("%d requests for %d pages", len(asked), c.pages)
			}
			t.Logf("%d bindings: %d requests, %d of them pages", many, len(asked), c.pages)
		})
	}
}

// The same against a real server, where every asset belongs to somebody else and
// has a ticket.
func TestManyBindingsOfARealServer(t *testing.T) {
	servers.Thorough(t) // the one before counts the same over answers as the server gives them
	rt := servers.StartRequestTracker(t)
	const n, size = 60, 10
	catalog := newCatalog(t, rt)
	var ids []string
	tickets, owners := make(map[string]string), make(map[string]string)
	for i := range n {
		name := fmt.Sprintf("bulk%d", i)
		user := rt.Create(t, "user", map[string]any{"Name": name, "EmailAddress": name + "@example.org"})
		id := rt.Create(t, "asset", map[string]any{"Name": name, "Catalog": catalog, "HeldBy": []string{user}})
		ids, owners[id] = append(ids, id), name+"@example.org"
		tickets[id] = openTicket(t, rt, id, lifecycle.Task{Kind: lifecycle.TaskOffboarding})
	}
	p := newProxy(t, rt.URL, nil)
	for _, tasks := range []bool{false, true} {
		c := inCatalog(rt, catalog)
		c.URL, c.PageSize, c.OwnerKey = p.URL, size, ownerEmail
		pages := n / size * 3
		if !tasks {
			c.Queues, pages = nil, n/size
		}
		assess(t, mustOpen(t, c), ids, func(id string, facts *lifecycle.Facts) bool {
			return slices.Equal(facts.Records[0].Owners, []string{owners[id]}) &&
				(!tasks || len(facts.Tasks) == 1 && facts.Tasks[0].ID == tickets[id])
		})
		asked := p.requests()
		if len(asked) > pages+few {
			t.Errorf("tasks %t: %d requests for %d pages", tasks, len(asked), pages)
		}
		t.Logf("tasks %t: %d bindings: %d requests, %d of them pages", tasks, n, len(asked), pages)
	}
}

// A price is the most that is asked, and what is known costs nothing.
func TestPrice(t *testing.T) {
	d := &manyAssetsServer{assets: 9, linked: true}
	p := newProxy(t, "http://127.0.0.1:1", func(w http.ResponseWriter, r *http.Request) bool {
		d.ServeHTTP(w, r)
		return true
	})
	for _, size := range []int{1, 2, 100} {
		s := mustOpen(t, Config{Name: "hq", URL: p.URL, Token: "1-2-3", Queues: map[string]string{"Offboarding": "offboarding"}, PageSize: size})
		taskIDs(t, s, "9") // what is asked once a run
		p.requests()
		price := func(c system.Capability, id string, want int) {
			t.Helper()
			if got := s.Price(c, id); got != want {
				t.Errorf("pages of %d: the price of %s of %q is %d, want %d", size, c, id, got, want)
			}
		}
		price(system.CanReadAssets, "x", 0)
		price(system.CanReadAssets, "7", 1)
		price(system.CanReadTasks, "7", 3)
		one(t, s, "7")
		price(system.CanReadAssets, "7", 0)
		price(system.CanReadTasks, "7", 2)
		taskIDs(t, s, "7")
		if asked := p.requests(); len(asked) != 3 {
			t.Errorf("asked %q", asked)
		}
		if found, err := s.Asset(t.Context(), "10"); err != nil || len(found) != 0 {
			t.Errorf("got %+v, %v", found, err)
		}
		price(system.CanReadTasks, "10", 0)
		all(t, s)
		price(system.CanReadAssets, "3", 0)
		price(system.CanReadTasks, "3", 2)
	}
}
