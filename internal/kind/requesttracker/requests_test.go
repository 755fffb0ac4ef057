package requesttracker

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// What is asked of the server is what people are told in the documentation.
func TestRequests(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	catalog := newCatalog(t, rt)
	var ids []string
	for i := range 7 {
		ids = append(ids, rt.Create(t, "asset", map[string]any{"Name": "n" + strconv.Itoa(i), "Catalog": catalog}))
	}
	openTicket(t, rt, ids[0], lifecycle.Task{Kind: lifecycle.TaskOffboarding})
	openTicket(t, rt, ids[1], lifecycle.Task{Kind: lifecycle.TaskDecommission})
	p := newProxy(t, rt.URL, nil)
	c := inCatalog(rt, catalog)
	c.URL, c.PageSize = p.URL, 3
	asked := func(want ...string) {
		t.Helper()
		if got := p.requests(); !slices.Equal(got, want) {
			t.Errorf("asked %q, want %q", got, want)
		}
	}
	one(t, mustOpen(t, Config{Name: "hq", URL: p.URL, Token: rt.Token}), ids[0])
	asked("/rt", "/asset/"+ids[0])

	s := mustOpen(t, c)
	one(t, s, ids[2])
	asked("/rt", "/customfields", "/catalogs", "/assets")
	one(t, s, ids[2])
	taskIDs(t, s, ids[2])
	asked()
	taskIDs(t, s, ids[0])
	asked("/assets", "/queues", "/tickets", "/tickets")
	taskIDs(t, s, ids[1])
	asked("/assets", "/tickets", "/tickets")

	s = mustOpen(t, c)
	all(t, s)
	asked("/rt", "/customfields", "/catalogs", "/assets", "/assets", "/assets")
	for _, id := range ids {
		taskIDs(t, s, id)
	}
	asked("/queues", "/tickets", "/tickets")
	inBulk(t, s, ids)
	all(t, s)
	one(t, s, ids[3])
	asked()

	s = mustOpen(t, c)
	inBulk(t, s, ids)
	asked("/rt", "/customfields", "/catalogs", "/assets", "/assets", "/assets", "/queues", "/tickets", "/tickets")
	all(t, s)
	asked()
}

// What one asset takes, and a list, by what names the owner.
func TestRequestsForOwners(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	catalog := newCatalog(t, rt)
	group := rt.Create(t, "group", map[string]any{"Name": "Night shift"})
	fields := map[string]any{"Name": "x", "Catalog": catalog, "Owner": "ann", "HeldBy": []string{rt.User(t, "bob"), rt.User(t, "cam"), group}}
	there, gone := rt.Create(t, "asset", fields), rt.Create(t, "asset", fields)
	rt.Set(t, "asset", gone, map[string]any{"Status": "deleted"}, "deleted")
	p := newProxy(t, rt.URL, nil)
	for _, c := range []struct {
		role, key string
		owners    int
		deleted   []string // asked for the owners of the deleted asset
		two       bool     // an asset that no list shows takes two requests
	}{
		{roleOwner, ownerName, 1, nil, false},
		{roleOwner, ownerEmail, 1, []string{"/user/ann"}, true},
		{roleHeldBy, ownerName, 3, []string{"/group/" + group}, true},
		{roleHeldBy, ownerEmail, 3, []string{"/user/bob", "/user/cam", "/group/" + group}, true},
	} {
		s := mustOpen(t, Config{Name: "hq", URL: p.URL, Token: rt.Token, OwnerRole: c.role, OwnerKey: c.key})
		ask := func(id string, want ...string) {
			t.Helper()
			found, err := s.Asset(t.Context(), id)
			if err != nil || len(found) != 1 != (id == missingID) || id != missingID && len(found[0].Owners) != c.owners {
				t.Errorf("%+v: %+v, %v", c, found, err)
			}
			if got := p.requests(); !slices.Equal(got, want) {
				t.Errorf("%+v: asked %q, want %q", c, got, want)
			}
		}
		absent := []string{"/asset/" + missingID}
		shown, deleted := "/asset/"+there, append([]string{"/asset/" + gone}, c.deleted...)
		if c.two {
			shown, deleted, absent = "/assets", append([]string{"/assets"}, deleted...), append([]string{"/assets"}, absent...)
		}
		ask(there, "/rt", shown)
		ask(gone, deleted...)
		ask(missingID, absent...)
		s = mustOpen(t, Config{Name: "hq", URL: p.URL, Token: rt.Token, OwnerRole: c.role, OwnerKey: c.key})
		all(t, s)
		if got := p.requests(); slices.ContainsFunc(got[1:], func(path string) bool { return path != "/assets" }) {
			t.Errorf("%+v: the list asked %q", c, got)
		}
		ask(there)
		ask(missingID, "/asset/"+missingID)
	}
}

// inBulk reads the tasks of all assets: the first two have one each.
func inBulk(t *testing.T, s *System, ids []string) {
	t.Helper()
	var got []string
	for open, err := range s.OpenTasks(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, open.Asset)
	}
	if !slices.Equal(got, ids[:2]) {
		t.Errorf("tasks of %q, want %q", got, ids[:2])
	}
}

// Many resources ask at once; the server is asked once.
func TestConcurrentUse(t *testing.T) {
	linked := strings.Replace(plain, "[]", `[{"ref":"referred-to-by","type":"ticket","id":"5"}]`, 1)
	s, p := fake(t, map[string]string{
		"/asset/7": `{"id":7,` + linked + `}`,
		"/assets":  `{"count":1,"total":1,"items":[{"id":"7",` + linked + `}]}`,
		"/tickets": `{"count":1,"total":1,"items":[{"id":"5","Queue":{"id":"3"},"Due":"1970-01-01T00:00:00Z"}]}`,
	})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if found, err := s.Asset(t.Context(), "7"); err != nil || len(found) != 1 {
				t.Errorf("%d records, %v", len(found), err)
			}
			for _, err := range s.Assets(t.Context()) {
				if err != nil {
					t.Error(err)
				}
			}
			if open, err := s.Tasks(t.Context(), "7"); err != nil || len(open) != 1 {
				t.Errorf("%d tasks, %v", len(open), err)
			}
		})
	}
	wg.Wait()
	count := make(map[string]int)
	for _, path := range p.requests() {
		count[path]++
	}
	if count["/rt"] != 1 || count["/asset/7"] != 1 || count["/queues"] != 1 || count["/tickets"] != 2 {
		t.Errorf("asked %v", count)
	}
}

// BenchmarkList reads 1,000 assets of the real server, and the tasks of each.
func BenchmarkList(b *testing.B) {
	rt := servers.StartRequestTracker(b)
	catalog := newCatalog(b, rt)
	rt.Fill(b, catalog, 1000)
	p := newProxy(b, rt.URL, nil)
	for name, queues := range map[string]map[string]string{"assets": nil, "assets and tasks": custodyQueues()} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				p.requests()
				c := inCatalog(rt, catalog)
				c.URL, c.Queues = p.URL, queues
				s := mustOpen(b, c)
				var ids []string
				for r, err := range s.Assets(b.Context()) {
					if err != nil {
						b.Fatal(err)
					}
					ids = append(ids, r.ID)
				}
				if len(ids) != 1000 {
					b.Fatalf("%d assets", len(ids))
				}
				for _, id := range ids {
					if queues == nil {
						break
					}
					if _, err := s.Tasks(b.Context(), id); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(len(p.requests())), "requests")
			}
		})
	}
}
