package backstage

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

// fields are the requested fields of every entity; the definition of an API may
// be large and is not read.
const fields = "kind,metadata.name,metadata.namespace,metadata.title,metadata.description,metadata.annotations,spec.type,spec.lifecycle," +
	"spec.owner,spec.profile,spec.memberOf,spec.parent,spec.children,spec.members,relations"

const (
	adviceChanged = "Plan again: the catalog may have changed while it was read. If it happens again, look at the catalog of Backstage."
	adviceEntity  = "Correct the entity in Backstage, or adapt annotations or states in the block of the system; then plan again."
)

func api(parts ...string) []string { return append([]string{"api", "catalog", "entities"}, parts...) }

// page is an answer to a query.
type page struct {
	Items      *[]any `json:"items"`
	TotalItems *int   `json:"totalItems"`
	PageInfo   *struct {
		NextCursor string `json:"nextCursor"`
	} `json:"pageInfo"`
}

// list returns all entities of the given kinds. Their number must be the one
// that Backstage states, each once.
func (s *System) list(ctx context.Context, client *httpclient.Client, kinds []string) ([]entity, error) {
	query := url.Values{"orderField": {"metadata.uid,asc"}}
	for _, kind := range kinds {
		query.Add("filter", "kind="+kind)
	}
	var out []entity
	seen, cursors := make(map[string]bool), make(map[string]bool)
	walk := client.Walk("entities")
	for {
		query.Set("limit", strconv.Itoa(s.config.PageSize))
		query.Set("fields", fields)
		r, err := client.Get(ctx, api("by-query"), query)
		if err != nil {
			return nil, err
		}
		if r.Status != http.StatusOK {
			return nil, client.Refused(r)
		}
		var p page
		if err := r.JSON(&p); err != nil {
			return nil, client.Malformed(r, "it is not a list of entities: "+err.Error())
		}
		if p.Items == nil || p.TotalItems == nil || p.PageInfo == nil {
			return nil, client.Malformed(r, "it has no items, totalItems and pageInfo, so it is not one of the catalog")
		}
		for _, item := range *p.Items {
			e, err := s.entity(client, item)
			if err != nil {
				return nil, err
			}
			switch ref := e.ref.String(); {
			case seen[ref]:
				return nil, client.Unusable(fmt.Sprintf("it lists the entity %s twice, so its pages do not follow each other", table.Quote(ref)), adviceChanged)
			case !slices.Contains(kinds, e.ref.kind):
				return nil, client.Unusable(fmt.Sprintf("it lists the entity %s, which was not asked for", table.Quote(ref)), adviceChanged)
			default:
				seen[ref] = true
			}
			out = append(out, e)
		}
		next := p.PageInfo.NextCursor
		switch {
		case next == "" && len(out) != *p.TotalItems:
			return nil, client.Unusable(fmt.Sprintf("it says that there are %d entities and lists %d", *p.TotalItems, len(out)), adviceChanged)
		case next == "":
			return out, nil
		case cursors[next] || len(*p.Items) == 0:
			return nil, client.Unusable("its pages start over", adviceChanged)
		case len(out) >= *p.TotalItems:
			return nil, client.Unusable(fmt.Sprintf("it says that there are %d entities and lists more", *p.TotalItems), adviceChanged)
		}
		if err := walk.Next(ctx, len(*p.Items)); err != nil {
			return nil, err
		}
		cursors[next] = true
		query = url.Values{"cursor": {next}}
	}
}

func (s *System) entity(client *httpclient.Client, item any) (entity, error) {
	e, flaw := entityOf(treeIn(item))
	if flaw != nil {
		return e, client.Unusable("an entity of its catalog cannot be used: "+flaw.Reason, adviceEntity)
	}
	e.source, e.line = "catalog entity "+e.ref.String(), 0
	return e, nil
}

// one returns the entity with a reference: none if Backstage says that it does
// not exist, which it also says about a hidden entity.
func (s *System) one(ctx context.Context, ref reference) ([]lifecycle.Record, error) {
	r, err := s.client.Get(ctx, api("by-name", ref.kind, ref.namespace, ref.name), nil)
	if err != nil {
		return nil, err
	}
	if r.Status == http.StatusNotFound {
		var body struct {
			Error struct{ Name, Message string } `json:"error"`
		}
		if err := r.JSON(&body); err == nil && body.Error.Name == "NotFoundError" && strings.HasPrefix(body.Error.Message, "No entity named") {
			return nil, nil
		}
	}
	if r.Status != http.StatusOK {
		return nil, s.client.Refused(r)
	}
	var item any
	if err := r.JSON(&item); err != nil {
		return nil, s.client.Malformed(r, "it is not JSON: "+err.Error())
	}
	e, err := s.entity(s.client, item)
	if err != nil {
		return nil, err
	}
	if e.ref != ref {
		return nil, s.client.Unusable(fmt.Sprintf("it gives the entity %s and was asked for %s", table.Quote(e.ref.String()), table.Quote(ref.String())), adviceChanged)
	}
	index := s.words.NewAssets()
	if err := s.fill(table.Assets, []entity{e}, s.assetRow, index, false); err != nil {
		return nil, err
	}
	return index.Find(ref.String()), nil
}
