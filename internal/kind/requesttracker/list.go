package requesttracker

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

const (
	adviceAssets = "Give the account of the token the right ShowAsset for the whole of Request Tracker (Admin, Global, User Rights): otherwise, " +
		"assets that it may not see look like assets that are gone. SuperUser is not needed."
	adviceRecord  = "Correct the asset in Request Tracker, or adapt fields, catalogs or owner_role in the block of the system; then plan again."
	adviceGroups  = "Give the account of the token the right SeeGroup for the whole of Request Tracker, then plan again."
	adviceFields  = "Correct fields in the block of the system, or give the account of the token the right SeeCustomField for the whole of Request Tracker."
	adviceNames   = "Correct %s in the block of the system, or give the account of the token the right %s: what is disabled, renamed or hidden is not found."
	adviceVersion = "Set url to the address of Request Tracker 5, without /REST/2.0."
	adviceServer  = "Plan again. If it happens again, look for something between here and Request Tracker that changes queries or answers."
)

// api returns the path of a resource below the address of the server.
func api(parts ...string) []string { return append([]string{"REST", "2.0"}, parts...) }

// scope says which assets count.
type scope struct {
	classes map[ident]string // of the catalogs that count; nil if all do
}

// class returns the class of the assets in a catalog, and false if the catalog
// does not count.
func (s *scope) class(catalog *reference) (string, bool) {
	if s.classes == nil {
		return system.Clean(*catalog.Name), true
	}
	class, ok := s.classes[catalog.ID]
	return class, ok
}

// where returns the condition that finds the assets that count. It contains
// only numbers, so that a name cannot change the query.
func (s *scope) where() string {
	if s.classes == nil {
		return ""
	}
	var ids []string
	for id := range s.classes {
		ids = append(ids, string(id))
	}
	slices.Sort(ids)
	return " AND " + anyOf("Catalog", ids)
}

func anyOf(field string, ids []string) string {
	terms := make([]string, len(ids))
	for i, id := range ids {
		terms[i] = field + " = " + id
	}
	return "(" + strings.Join(terms, " OR ") + ")"
}

// look checks, once in a run, that this is a Request Tracker, that the token is
// accepted, and that catalogs and custom fields exist under their names: a
// missing one would look empty in every asset.
func (s *System) look(ctx context.Context) (*scope, error) {
	return s.scope.Get(ctx, "", func(ctx context.Context) (*scope, error) {
		r, err := s.client.Get(ctx, api("rt"), nil)
		if err != nil {
			return nil, err
		}
		var about struct{ Version string }
		if r.Status != http.StatusOK {
			return nil, s.client.Refused(r)
		}
		if err := r.JSON(&about); err != nil || about.Version == "" {
			return nil, s.client.Unusable("there is no Request Tracker at its address", adviceVersion)
		}
		if len(s.config.Fields) > 0 {
			if err := s.lookForFields(ctx); err != nil {
				return nil, err
			}
		}
		out := &scope{}
		if len(s.config.Catalogs) == 0 {
			return out, nil
		}
		ids, err := s.resolve(ctx, s.client, "catalogs", slices.Sorted(maps.Keys(s.config.Catalogs)), fmt.Sprintf(adviceNames, "catalogs", "ShowCatalog"))
		if err != nil {
			return nil, err
		}
		out.classes = make(map[ident]string, len(ids))
		for id, name := range ids {
			out.classes[id] = system.Clean(s.config.Catalogs[name])
		}
		return out, nil
	})
}

func (s *System) lookForFields(ctx context.Context) error {
	filter := []map[string]string{{"field": "LookupType", "value": "RT::Catalog-RT::Asset"}}
	var wanted []string
	for _, name := range s.config.Fields {
		filter = append(filter, isNamed(name))
		wanted = append(wanted, name)
	}
	slices.Sort(wanted)
	have, err := s.named(ctx, s.client, "customfields", filter)
	if err != nil {
		return err
	}
	for _, name := range wanted {
		if !slices.ContainsFunc(have, func(e entry) bool { return system.Fold(e.Name) == system.Fold(name) }) {
			return s.client.Unusable("it has no custom field of assets named "+quote(name)+", or the account may not see it", adviceFields)
		}
	}
	return nil
}

// isNamed is one of several names in a filter. Unless the query states it, the
// kind of list decides whether several terms on a field are combined with AND
// or OR.
func isNamed(name string) map[string]string {
	return map[string]string{"field": "Name", "value": name, "entry_aggregator": "OR"}
}

// entry is a named thing in a list.
type entry struct {
	ID   ident  `json:"id"`
	Name string `json:"Name"`
}

// named requests the things that a filter finds.
func (s *System) named(ctx context.Context, client *httpclient.Client, kind string, filter []map[string]string) ([]entry, error) {
	text, err := json.Marshal(filter)
	if err != nil {
		return nil, err
	}
	r, err := client.Get(ctx, api(kind), url.Values{"query": {string(text)}, "fields": {"Name"}, "per_page": {strconv.Itoa(MaxPageSize)}})
	if err != nil {
		return nil, err
	}
	if r.Status != http.StatusOK {
		return nil, client.Refused(r)
	}
	var p page[entry]
	if err := r.JSON(&p); err != nil {
		return nil, client.Malformed(r, "it is not a list of "+kind+": "+err.Error())
	}
	if p.Count == nil || *p.Count != len(p.Items) {
		return nil, client.Malformed(r, "it is not a list of "+kind)
	}
	var out []entry
	for _, e := range p.Items {
		if e != nil {
			out = append(out, *e)
		}
	}
	return out, nil
}

// resolve returns the ids of named things. A name that does not exist is an
// error: a query for it would find nothing, and all its assets would look
// deleted.
func (s *System) resolve(ctx context.Context, client *httpclient.Client, kind string, names []string, advice string) (map[ident]string, error) {
	var filter []map[string]string
	for _, name := range names {
		filter = append(filter, isNamed(name))
	}
	have, err := s.named(ctx, client, kind, filter)
	if err != nil {
		return nil, err
	}
	out := make(map[ident]string, len(names))
	for _, name := range names {
		i := slices.IndexFunc(have, func(e entry) bool { return e.Name == name })
		if i < 0 {
			return nil, client.Unusable(fmt.Sprintf("none of its %s is named %s, or the account may not see it", kind, quote(name)), advice)
		}
		if _, err := have[i].ID.number(); err != nil {
			return nil, client.Unusable(fmt.Sprintf("the id of %s is not a number", quote(name)), adviceServer)
		}
		out[have[i].ID] = name
	}
	return out, nil
}

// walk reads a list by rising ids: each page requests the rows after the last
// id, so that no row is missed if the list changes. It passes every row to take
// until that returns false.
//
// The number of rows must be the one that the server states. A row at or before
// the last id means that the query was not understood.
func walk[T any](
	ctx context.Context, client *httpclient.Client, kind, where, advice string, query url.Values, size int,
	id func(*T) ident, take func(int64, *T) (bool, error),
) error {
	pages := client.Walk(kind)
	for last := int64(0); ; {
		query.Set("query", "id > "+strconv.FormatInt(last, 10)+where)
		query.Set("orderby", "id")
		query.Set("per_page", strconv.Itoa(size))
		r, err := client.Get(ctx, api(kind), query)
		if err != nil {
			return err
		}
		if r.Status != http.StatusOK {
			return client.Refused(r)
		}
		var p page[T]
		if err := r.JSON(&p); err != nil {
			return client.Malformed(r, "it is not a list of "+kind+": "+err.Error())
		}
		switch {
		case p.Total == nil:
			return client.Unusable("it does not say how many "+kind+" there are, which it only does for an account that may see all of them", advice)
		case p.Count == nil || *p.Count != len(p.Items) || *p.Total < len(p.Items):
			return client.Malformed(r, "the number of rows is not what it says")
		case len(p.Items) == 0 && *p.Total > 0:
			return client.Unusable(fmt.Sprintf("it says that there are %d more %s and gives none", *p.Total, kind), advice)
		}
		for _, row := range p.Items {
			if row == nil {
				return client.Unusable("it gives a row that is empty", advice)
			}
			n, err := id(row).number()
			if err != nil || n <= last {
				return client.Unusable("it gives "+kind+" that were not asked for, which it does with a query that it does not understand", adviceServer)
			}
			last = n
			if more, err := take(n, row); err != nil || !more {
				return err
			}
		}
		if *p.Total == len(p.Items) {
			return nil
		}
		if err := pages.Next(ctx, len(p.Items)); err != nil {
			return err
		}
	}
}

// assetList is everything that a list of assets returned.
type assetList struct {
	ids   []int64 // in their order
	found map[int64]*found
}

// all reads the list of all assets that count, once in a run. The tasks of all
// assets need it as well.
func (s *System) all(ctx context.Context) (*assetList, error) {
	return s.everything.Get(ctx, "", func(ctx context.Context) (*assetList, error) {
		out := &assetList{found: make(map[int64]*found)}
		if err := s.readAssets(ctx, out); err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.listed = out
		return out, nil
	})
}

// readAssets reads all assets that count into an assetList.
func (s *System) readAssets(ctx context.Context, into *assetList) error {
	scope, err := s.look(ctx)
	if err != nil {
		return err
	}
	return walk(ctx, s.client, "assets", scope.where(), adviceAssets, s.listParameters(), s.config.PageSize,
		func(a *asset) ident { return a.ID },
		func(id int64, a *asset) (bool, error) {
			f, err := s.read(ctx, scope, a)
			if err == nil && f.present {
				into.ids, into.found[id] = append(into.ids, id), f
			}
			return true, err
		})
}

// listParameters returns the query that selects the fields of each listed asset.
func (s *System) listParameters() url.Values {
	role := s.config.OwnerRole
	fields := "Name,Status,Catalog," + role
	if len(s.config.Fields) > 0 {
		fields += ",CustomFields"
	}
	if len(s.config.Queues) > 0 {
		fields += ",_hyperlinks"
	}
	return url.Values{"fields": {fields}, "fields[Catalog]": {"Name"}, "fields[" + role + "]": {"Name,EmailAddress"}}
}
