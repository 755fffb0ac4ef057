package requesttracker

import (
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// one returns the only record with an id.
func one(t *testing.T, s *System, id string) lifecycle.Record {
	t.Helper()
	found, err := s.Asset(t.Context(), id)
	if err != nil || len(found) != 1 {
		t.Fatalf("Asset(%q) = %d records, %v", id, len(found), err)
	}
	return found[0]
}

// all returns the listed records by id.
func all(t *testing.T, s *System) map[string]lifecycle.Record {
	t.Helper()
	out := make(map[string]lifecycle.Record)
	for r, err := range s.Assets(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := out[r.ID]; twice {
			t.Errorf("asset %s is listed twice", r.ID)
		}
		out[r.ID] = r
	}
	return out
}

func listError(t *testing.T, s *System) error {
	t.Helper()
	var last error
	for _, last = range s.Assets(t.Context()) {
		continue
	}
	return last
}

func taskIDs(t *testing.T, s *System, asset string) []string {
	t.Helper()
	open, err := s.Tasks(t.Context(), asset)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, task := range open {
		out = append(out, task.ID)
	}
	return out
}

func advice(err error) string {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f.Advice
	}
	return ""
}

// asset makes an asset among the laptops, which have the lifecycle that Request
// Tracker comes with.
func laptop(t *testing.T, rt *servers.RequestTracker, fields map[string]any) string {
	t.Helper()
	fields["Catalog"] = "Laptops"
	if fields["Name"] == nil {
		fields["Name"] = t.Name()
	}
	return rt.Create(t, "asset", fields)
}

func TestDefaults(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	c := Config{Name: "hq", URL: rt.URL + "/REST/2.0/", Token: rt.Token}
	s := mustOpen(t, c)
	for status, want := range map[string]lifecycle.State{
		"new": lifecycle.StatePlanned, "allocated": lifecycle.StateInService, "in-use": lifecycle.StateInService,
		"recycled": lifecycle.StateRetired, "stolen": lifecycle.StateLost,
	} {
		id := laptop(t, rt, map[string]any{"Owner": "ann"})
		if status != "new" {
			rt.Set(t, "asset", id, map[string]any{"Status": "in-use"}, "'in-use'")
		}
		if status != "new" && status != "in-use" {
			rt.Set(t, "asset", id, map[string]any{"Status": status}, "'"+status+"'")
		}
		r := one(t, s, id)
		if r.State != want || r.StateText != "" || r.Class != "Laptops" || !slices.Equal(r.Owners, []string{"ann"}) {
			t.Errorf("%s: got %+v, want the state %s", status, r, want)
		}
		if r.Source != rt.URL+"/Asset/Display.html?id="+id || !r.VerifiedAt.IsZero() {
			t.Errorf("got %+v", r)
		}
		if listed := all(t, mustOpen(t, c))[id]; !reflect.DeepEqual(listed, r) {
			t.Errorf("listed %+v\nalone  %+v", listed, r)
		}
		if system.Partial(s).Has(system.CanReadTasks) || !s.Has(system.CanReadAssets) {
			t.Error("a system without queues has tasks, or no assets")
		}
	}
	catalog := newCatalog(t, rt)
	id := rt.Create(t, "asset", map[string]any{"Name": "x", "Catalog": catalog, "Status": "unstated"})
	if r := one(t, s, id); r.State != lifecycle.StateUnknown || r.StateText != "unstated" || r.Class != catalog || r.Owners != nil {
		t.Errorf("got %+v", r)
	}
}

// A deleted asset is in no list, and is not absent.
func TestDeleted(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	s := mustOpen(t, Config{Name: "hq", URL: rt.URL, Token: rt.Token})
	id := laptop(t, rt, map[string]any{"Status": "in-use", "Owner": "ann"})
	rt.Set(t, "asset", id, map[string]any{"Status": "deleted"}, "deleted")
	if r := one(t, s, id); r.State != lifecycle.StateRetired || !slices.Equal(r.Owners, []string{"ann"}) {
		t.Errorf("got %+v", r)
	}
	if _, listed := all(t, s)[id]; listed {
		t.Error("the server lists deleted assets now; the documentation says otherwise")
	}
}

func TestOwners(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	group := rt.Create(t, "group", map[string]any{"Name": "Crew 請求"})
	noMail := "no mail " + group
	rt.User(t, noMail)
	id := laptop(t, rt, map[string]any{
		"Owner": "ann", "HeldBy": []string{rt.User(t, "bob"), rt.User(t, noMail), group}, "Contact": []string{"cam"},
	})
	nobodys := laptop(t, rt, map[string]any{})
	for _, c := range []struct {
		role, key string
		want      []string
	}{
		{"", "", []string{"ann"}},
		{roleOwner, ownerEmail, []string{"ann@example.org"}},
		{roleHeldBy, ownerName, []string{"bob", noMail, "Crew 請求"}},
		{roleHeldBy, ownerEmail, []string{"bob@example.org", noMail, "Crew 請求"}},
		{roleContact, ownerEmail, []string{"cam@example.org"}},
	} {
		s := mustOpen(t, Config{Name: "hq", URL: rt.URL, Token: rt.Token, OwnerRole: c.role, OwnerKey: c.key})
		r, listed := one(t, s, id), all(t, s)
		if !slices.Equal(r.Owners, c.want) || !slices.Equal(listed[id].Owners, c.want) {
			t.Errorf("%+v: alone %q, listed %q", c, r.Owners, listed[id].Owners)
		}
		if r := one(t, s, nobodys); r.Owners != nil || listed[nobodys].Owners != nil {
			t.Errorf("%+v: nobody's asset is owned by %q", c, r.Owners)
		}
	}
	rt.Set(t, "asset", id, map[string]any{"Owner": "cam"}, "cam")
	s := mustOpen(t, Config{Name: "hq", URL: rt.URL, Token: rt.Token})
	if r := one(t, s, id); !slices.Equal(r.Owners, []string{"cam"}) {
		t.Errorf("got %q after a hand-over", r.Owners)
	}
}

func TestIDsAreNumbers(t *testing.T) {
	p := newProxy(t, "http://127.0.0.1:1", nil)
	s := mustOpen(t, Config{Name: "hq", URL: p.URL, Token: "x1-2-3", Queues: custodyQueues()})
	for _, id := range []string{"", "0", "-1", "007", "+7", "1 7", "1e3", "7.0", "APP-1", "1 OR 1=1", "../user/1", "99999999999999999999", "٧"} {
		found, err := s.Asset(t.Context(), id)
		if !errors.Is(err, fault.ErrConfig) || len(found) != 0 || advice(err) == "" {
			t.Errorf("Asset(%q) = %d records, %v", id, len(found), err)
		}
		open, err := s.Tasks(t.Context(), id)
		if !errors.Is(err, fault.ErrConfig) || len(open) != 0 {
			t.Errorf("Tasks(%q) = %d tasks, %v", id, len(open), err)
		}
	}
	if asked := p.requests(); len(asked) != 0 {
		t.Errorf("the server was asked %q", asked)
	}
}

// What an account may not see must never look as if it were gone.
func TestRights(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	visible := laptop(t, rt, map[string]any{})
	hidden := rt.Create(t, "asset", map[string]any{"Name": "billing", "Catalog": "Applications"})
	narrow := Config{Name: "hq", URL: rt.URL, Token: rt.Narrow, Queues: map[string]string{"Helpdesk": "offboarding"}}
	s := mustOpen(t, narrow)
	one(t, s, visible)
	found, err := s.Asset(t.Context(), hidden)
	systemtest.WantUnavailable(t, len(found), err)
	if !strings.Contains(advice(err), "ShowAsset") {
		t.Errorf("the advice is %q", advice(err))
	}
	if found, err := s.Asset(t.Context(), missingID); err != nil || len(found) != 0 {
		t.Errorf("an asset that was never there: %d records, %v", len(found), err)
	}
	err = listError(t, s)
	systemtest.WantUnavailable(t, 0, err)
	if !strings.Contains(advice(err), "ShowAsset") {
		t.Errorf("the advice is %q", advice(err))
	}
	t.Run("fields", func(t *testing.T) {
		c := narrow
		c.Fields = map[string]string{fieldPurpose: "Purpose"}
		found, err := mustOpen(t, c).Asset(t.Context(), visible)
		systemtest.WantUnavailable(t, len(found), err)
		if !strings.Contains(advice(err), "SeeCustomField") {
			t.Errorf("the advice is %q", advice(err))
		}
	})
	t.Run("groups", func(t *testing.T) {
		held := laptop(t, rt, map[string]any{"HeldBy": []string{rt.Create(t, "group", map[string]any{"Name": "Unseen " + visible})}})
		c := narrow
		c.OwnerRole = roleHeldBy
		// A list tells the name of a group to everybody, and shows no deleted asset.
		if r := one(t, mustOpen(t, c), held); !slices.Equal(r.Owners, []string{"Unseen " + visible}) {
			t.Errorf("got %+v", r)
		}
		rt.Set(t, "asset", held, map[string]any{"Status": "deleted"}, "deleted")
		found, err := mustOpen(t, c).Asset(t.Context(), held)
		systemtest.WantUnavailable(t, len(found), err)
		if !strings.Contains(advice(err), "SeeGroup") {
			t.Errorf("the advice is %q", advice(err))
		}
	})
	t.Run("tickets", func(t *testing.T) {
		rt.Create(t, "ticket", map[string]any{"Queue": "Helpdesk", "Subject": "seen", "RefersTo": []string{"asset:" + visible}})
		if got := taskIDs(t, mustOpen(t, narrow), visible); len(got) != 1 {
			t.Errorf("got the tasks %q", got)
		}
		rt.Create(t, "ticket", map[string]any{"Queue": "Secret", "Subject": "unseen", "RefersTo": []string{"asset:" + visible}})
		open, err := mustOpen(t, narrow).Tasks(t.Context(), visible)
		systemtest.WantUnavailable(t, len(open), err)
		if !strings.Contains(advice(err), "ShowTicket") {
			t.Errorf("the advice is %q", advice(err))
		}
	})
	t.Run("queues", func(t *testing.T) {
		c := narrow
		c.Queues = custodyQueues()
		open, err := mustOpen(t, c).Tasks(t.Context(), visible)
		systemtest.WantUnavailable(t, len(open), err)
		if !strings.Contains(advice(err), "SeeQueue") {
			t.Errorf("the advice is %q", advice(err))
		}
	})
}

func TestTasks(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	asset, other := laptop(t, rt, map[string]any{}), laptop(t, rt, map[string]any{})
	ticket := func(queue string, fields map[string]any) string {
		full := map[string]any{"Queue": queue, "Subject": "s", "RefersTo": []string{"asset:" + asset}}
		for k, v := range fields {
			full[k] = v
		}
		return rt.Create(t, "ticket", full)
	}
	fresh := ticket("Offboarding", map[string]any{"Due": "2026-05-01 12:30:00"})
	begun := ticket("Handovers", map[string]any{"Status": "collecting", "Due": "2026-05-01 00:00:00"})
	later := ticket("Handovers", nil)
	done := ticket("Handovers", nil)
	rt.Set(t, "ticket", done, map[string]any{"Status": "handed-over"}, "'handed-over'")
	stalled := ticket("Decommissioning", map[string]any{"RefersTo": []string{"asset:" + asset, "asset:" + other}})
	rt.Set(t, "ticket", stalled, map[string]any{"Status": "stalled"}, "'stalled'")
	ticket("Helpdesk", nil)
	gone := ticket("Offboarding", nil)
	rt.Set(t, "ticket", gone, map[string]any{"Status": "deleted"}, "deleted")
	rt.Create(t, "ticket", map[string]any{"Queue": "Offboarding", "Subject": "unlinked"})
	rt.Create(t, "ticket", map[string]any{"Queue": "Offboarding", "Subject": "otherwise linked", "DependsOn": []string{"asset:" + asset}})

	link := func(id string) string { return rt.URL + "/Ticket/Display.html?id=" + id }
	want := []lifecycle.Task{
		{ID: fresh, Kind: lifecycle.TaskOffboarding, Due: time.Date(2026, 5, 1, 12, 30, 0, 0, time.UTC), URL: link(fresh)},
		{ID: begun, Kind: lifecycle.TaskReassignment, Due: time.Date(2026, 5, 1, 23, 59, 59, 0, time.UTC), URL: link(begun)},
		{ID: later, Kind: lifecycle.TaskReassignment, URL: link(later)},
		{ID: stalled, Kind: lifecycle.TaskDecommission, URL: link(stalled)},
	}
	c := Config{Name: "hq", URL: rt.URL, Token: rt.Token, Queues: custodyQueues(), PageSize: 2}
	for _, listed := range []bool{false, true} {
		s := mustOpen(t, c)
		if listed {
			all(t, s)
		}
		got, err := s.Tasks(t.Context(), asset)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("behind a list %t:\ngot  %+v, %v\nwant %+v", listed, got, err, want)
		}
		if got := taskIDs(t, s, other); !slices.Equal(got, []string{stalled}) {
			t.Errorf("the other asset has the tasks %q", got)
		}
	}
	rt.Set(t, "ticket", done, map[string]any{"Status": "collecting"}, "'collecting'")
	rt.Set(t, "ticket", fresh, map[string]any{"Status": "resolved"}, "'resolved'")
	if got := taskIDs(t, mustOpen(t, c), asset); !slices.Equal(got, []string{begun, later, done, stalled}) {
		t.Errorf("after one was opened again and one was resolved: %q", got)
	}
}

// A ticket that was merged stays linked under its old number, and counts once.
func TestMergedTicket(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	asset := laptop(t, rt, map[string]any{})
	var ids []string
	for range 2 {
		ids = append(ids, rt.Create(t, "ticket", map[string]any{"Queue": "Offboarding", "Subject": "s", "RefersTo": []string{"asset:" + asset}}))
	}
	rt.Merge(t, ids[0], ids[1])
	if got := taskIDs(t, mustOpen(t, Config{Name: "hq", URL: rt.URL, Token: rt.Token, Queues: custodyQueues()}), asset); !slices.Equal(got, ids[1:]) {
		t.Errorf("got %q, want %q", got, ids[1:])
	}
}

func TestFieldsThatDoNotRead(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	accepted := map[string]string{fieldRetirementDate: "2006-01-02", fieldVerifiedAt: "RFC 3339", fieldShared: "yes, no"}
	for field, text := range map[string]string{fieldRetirementDate: "end of the year", fieldVerifiedAt: "2026-13-01", fieldShared: "maybe"} {
		id := laptop(t, rt, map[string]any{"CustomFields": map[string]any{"Typed Date": text}})
		s := mustOpen(t, Config{Name: "hq", URL: rt.URL, Token: rt.Token, Fields: map[string]string{field: "typed date"}})
		found, err := s.Asset(t.Context(), id)
		systemtest.WantUnavailable(t, len(found), err)
		if !strings.Contains(err.Error(), text) || !strings.Contains(err.Error(), "asset "+id) || !strings.Contains(err.Error(), accepted[field]) {
			t.Errorf("the error does not say what is wrong where: %v", err)
		}
		systemtest.WantUnavailable(t, 0, listError(t, s))
		rt.Set(t, "asset", id, map[string]any{"Status": "deleted"}, "deleted")
	}
	id := laptop(t, rt, map[string]any{"CustomFields": map[string]any{"Service Accounts": []string{"svc-a", "svc-b"}, "Last Seen": "2026-01-02 03:04:05"}})
	s := mustOpen(t, Config{Name: "hq", URL: rt.URL, Token: rt.Token, Fields: map[string]string{
		fieldPurpose: "service accounts", fieldVerifiedAt: "Last Seen",
	}})
	r := one(t, s, id)
	if r.Purpose != "svc-a, svc-b" || !r.VerifiedAt.Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) {
		t.Errorf("got %+v", r)
	}
}

func TestCatalogs(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	first, second, third := newCatalog(t, rt), newCatalog(t, rt), newCatalog(t, rt)
	ids := make(map[string]string)
	for _, catalog := range []string{first, second, third} {
		ids[catalog] = rt.Create(t, "asset", map[string]any{"Name": "x", "Catalog": catalog, "Status": "in_service"})
	}
	s := mustOpen(t, Config{Name: "hq", URL: rt.URL, Token: rt.Token, Catalogs: map[string]string{first: "laptop", second: "application"}})
	listed := all(t, s)
	if len(listed) != 2 || listed[ids[first]].Class != "laptop" || listed[ids[second]].Class != "application" {
		t.Errorf("listed %+v", listed)
	}
	if r := one(t, s, ids[second]); r.Class != "application" || r.State != lifecycle.StateInService {
		t.Errorf("got %+v", r)
	}
	// An asset of another catalog is no asset of this system, alone as in a list.
	if found, err := s.Asset(t.Context(), ids[third]); err != nil || len(found) != 0 {
		t.Errorf("got %+v, %v", found, err)
	}
}

// While a list is read, assets before the page are deleted and others made.
func TestListWhileAssetsMove(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	catalog := newCatalog(t, rt)
	var ids []string
	for i := range 7 {
		ids = append(ids, rt.Create(t, "asset", map[string]any{"Name": "n" + strconv.Itoa(i), "Catalog": catalog, "Status": "in_service"}))
	}
	pages := 0
	var late string
	p := newProxy(t, rt.URL, func(_ http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/assets") {
			return false
		}
		if pages++; pages == 2 {
			rt.Set(t, "asset", ids[0], map[string]any{"Status": "deleted"}, "deleted")
			rt.Set(t, "asset", ids[1], map[string]any{"Name": "zzz"}, "zzz")
			late = rt.Create(t, "asset", map[string]any{"Name": "a", "Catalog": catalog, "Status": "in_service"})
		}
		return false
	})
	c := inCatalog(rt, catalog)
	c.URL, c.PageSize = p.URL, 2
	listed := all(t, mustOpen(t, c))
	for _, id := range append(ids, late) {
		if _, ok := listed[id]; !ok {
			t.Errorf("asset %s is missing from the list", id)
		}
	}
}
