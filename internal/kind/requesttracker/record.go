package requesttracker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

// found holds what was read about one asset.
type found struct {
	present bool
	record  lifecycle.Record
	tickets []int64 // that refer to it; not read without queues
}

// find requests one asset, once in a run.
func (s *System) find(ctx context.Context, id int64) (*found, error) {
	return s.found.Get(ctx, strconv.FormatInt(id, 10), func(ctx context.Context) (*found, error) {
		f, listed := s.inList(id)
		if f != nil {
			return f, nil
		}
		scope, err := s.look(ctx)
		if err != nil {
			return nil, err
		}
		a, err := s.one(ctx, id, listed)
		if err != nil {
			return nil, err
		}
		f = &found{}
		if a != nil {
			if f, err = s.read(ctx, scope, a); err != nil {
				return nil, err
			}
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.linked[id] = len(f.tickets)
		return f, nil
	})
}

// one requests one asset: nil if there is none. A request by its number returns
// only the names of the users who have a role, and nothing else about them or
// about groups; a list returns all of it. So if more than those names is needed,
// a list of this asset is requested first, unless the whole list was already
// read and does not show it. Only a request by its number shows whether it is
// deleted, hidden or absent.
func (s *System) one(ctx context.Context, id int64, listed bool) (*asset, error) {
	if names := s.config.OwnerKey == ownerName && s.config.OwnerRole == roleOwner; !names && !listed {
		if a, err := s.asList(ctx, id); err != nil || a != nil {
			return a, err
		}
	}
	return s.byNumber(ctx, id)
}

// asList requests a list that contains only this asset: nil if the list does
// not contain it.
func (s *System) asList(ctx context.Context, id int64) (*asset, error) {
	query := s.listParameters()
	query.Set("query", "id = "+strconv.FormatInt(id, 10))
	query.Set("per_page", "1")
	r, err := s.client.Get(ctx, api("assets"), query)
	if err != nil {
		return nil, err
	}
	if r.Status != http.StatusOK {
		return nil, s.client.Refused(r)
	}
	var p page[asset]
	if err := r.JSON(&p); err != nil || p.Count == nil {
		return nil, s.client.Malformed(r, "it is not a list of assets")
	}
	for _, a := range p.Items {
		if a == nil {
			continue
		}
		if n, err := a.ID.number(); err == nil && n == id {
			return a, nil
		}
	}
	return nil, nil //nolint:nilnil // the list holds none
}

func (s *System) byNumber(ctx context.Context, id int64) (*asset, error) {
	r, err := s.client.Get(ctx, api("asset", strconv.FormatInt(id, 10)), url.Values{"fields[Catalog]": {"Name"}})
	if err != nil {
		return nil, err
	}
	switch r.Status {
	case http.StatusOK:
	case http.StatusNotFound:
		return nil, s.notFound(r)
	case http.StatusForbidden:
		return nil, s.client.Unusable(fmt.Sprintf("the account may not see asset %d, so it is unknown whether the asset exists", id),
			adviceAssets)
	default:
		return nil, s.client.Refused(r)
	}
	var a asset
	if err := r.JSON(&a); err != nil {
		return nil, s.client.Malformed(r, "it is not an asset: "+err.Error())
	}
	if n, err := a.ID.number(); err != nil || n != id {
		return nil, s.client.Malformed(r, fmt.Sprintf("it was asked for asset %d and returned %s", id, quote(string(a.ID))))
	}
	return &a, nil
}

// notFound checks that the answer comes from Request Tracker, and not from a
// proxy that does not know the address.
func (s *System) notFound(r *httpclient.Response) error {
	var said struct{ Message string }
	if r.JSON(&said) == nil && said.Message == http.StatusText(http.StatusNotFound) {
		return nil
	}
	return s.client.Refused(r)
}

// read reads an asset, and the tickets that refer to it if tasks are needed.
func (s *System) read(ctx context.Context, scope *scope, a *asset) (*found, error) {
	record, inside, err := s.record(ctx, scope, a)
	if err != nil || !inside {
		return &found{}, err
	}
	f := &found{present: true, record: record}
	if len(s.config.Queues) == 0 {
		return f, nil
	}
	if f.tickets, err = a.tickets(); err != nil || a.Hyperlinks == nil {
		return nil, s.client.Unusable(fmt.Sprintf("it does not say which tickets refer to asset %s", a.ID), adviceServer)
	}
	return f, nil
}

// record reads an asset. It reports false for one in a catalog that was not
// configured.
func (s *System) record(ctx context.Context, scope *scope, a *asset) (lifecycle.Record, bool, error) {
	flawed := func(format string, args ...any) (lifecycle.Record, bool, error) {
		return lifecycle.Record{}, false, s.client.Unusable(fmt.Sprintf("asset %s ", a.ID)+fmt.Sprintf(format, args...), adviceRecord)
	}
	switch {
	case a.Name == nil || a.Status == "":
		return flawed("has no name or no status")
	case a.Catalog == nil || a.Catalog.ID == "" || a.Catalog.Name == nil || *a.Catalog.Name == "":
		return flawed("is in a catalog whose name the account may not see")
	}
	class, inside := scope.class(a.Catalog)
	if !inside {
		return lifecycle.Record{}, false, nil
	}
	r := lifecycle.Record{
		ID: string(a.ID), Class: class, Name: system.Clean(*a.Name),
		Source: s.url + "/Asset/Display.html?id=" + string(a.ID),
	}
	state, known := s.states[system.Fold(strings.TrimSpace(a.Status))]
	if r.State = state; !known {
		r.StateText = system.Clean(a.Status)
	}
	if err := s.fill(&r, a.CustomFields); err != nil {
		return flawed("cannot be read: %s", err)
	}
	holders, stated := a.holders(s.config.OwnerRole)
	if !stated {
		return flawed("was returned without the role %s", s.config.OwnerRole)
	}
	for i := range holders {
		owner, err := s.owner(ctx, &holders[i])
		if err != nil {
			return lifecycle.Record{}, false, err
		}
		if owner != "" && !slices.Contains(r.Owners, owner) {
			r.Owners = append(r.Owners, owner)
		}
	}
	return r, true, nil
}

// owner returns the key of an owner in a directory: nothing for Nobody. A list
// contains it; after a single read it is requested.
func (s *System) owner(ctx context.Context, who *reference) (string, error) {
	if who.ID == "" || who.Type != typeUser && who.Type != typeGroup {
		return "", s.client.Unusable(fmt.Sprintf("%s %s has a role that only people and groups can have", who.Type, quote(string(who.ID))), adviceRecord)
	}
	switch {
	case who.Type == typeUser && who.ID == nobody:
		return "", nil
	case who.Type == typeUser && s.config.OwnerKey == ownerName:
		return system.Clean(string(who.ID)), nil
	}
	told := who.EmailAddress
	if who.Type == typeGroup {
		told = who.Name
	}
	name, err := "", error(nil)
	if told != nil {
		name = system.Clean(*told)
	} else if name, err = s.ask(ctx, who); err != nil {
		return "", err
	}
	if name != "" {
		return name, nil
	}
	if who.Type == typeGroup {
		return "", s.client.Unusable("the account may not see the name of group "+quote(string(who.ID)), adviceGroups)
	}
	// A user without an address is still an owner.
	return system.Clean(string(who.ID)), nil
}

// ask returns the name of a group or the address of a user, which is requested
// once in a run.
func (s *System) ask(ctx context.Context, who *reference) (string, error) {
	return s.names.Get(ctx, who.Type+" "+string(who.ID), func(ctx context.Context) (string, error) {
		r, err := s.client.Get(ctx, api(who.Type, string(who.ID)), nil)
		if err != nil {
			return "", err
		}
		if r.Status == http.StatusForbidden && who.Type == typeGroup {
			return "", s.client.Unusable("the account may not see the name of group "+quote(string(who.ID)), adviceGroups)
		}
		if r.Status != http.StatusOK {
			return "", s.client.Refused(r)
		}
		var told struct {
			ID                 ident
			Name, EmailAddress string
		}
		if err := r.JSON(&told); err != nil {
			return "", s.client.Malformed(r, "it is not a "+who.Type+": "+err.Error())
		}
		// Request Tracker treats a user name that is a number as an id.
		if who.Type == typeUser && told.Name != string(who.ID) || who.Type == typeGroup && told.ID != who.ID {
			return "", s.client.Malformed(r, "it returned another "+who.Type+" than was asked for")
		}
		if who.Type == typeUser {
			return system.Clean(told.EmailAddress), nil
		}
		return system.Clean(told.Name), nil
	})
}

// fill reads the custom fields into a record.
func (s *System) fill(r *lifecycle.Record, fields *customFields) error {
	if len(s.config.Fields) == 0 {
		return nil
	}
	if fields == nil {
		return errors.New("it was returned without its custom fields")
	}
	values := make(map[string]string, len(s.config.Fields))
	for field, custom := range s.config.Fields {
		list, err := fields.values(custom)
		if err != nil {
			return fmt.Errorf("the custom field %s %w", quote(custom), err)
		}
		value, unread := system.OneWord(field, list)
		if values[field] = value; unread != "" {
			r.Unread = append(r.Unread, unread)
		}
	}
	slices.Sort(r.Unread) // the fields come in any order
	if _, mapped := values[fieldClass]; mapped {
		r.Class = values[fieldClass]
	}
	r.Purpose, r.Environment, r.Criticality = values[fieldPurpose], values[fieldEnvironment], values[fieldCriticality]
	flawed := func(field string, err error) error {
		return fmt.Errorf("the custom field %s holds %s, and %w", quote(s.config.Fields[field]), quote(values[field]), err)
	}
	var err error
	if r.ThirdParty, err = table.ParseBool(values[fieldThirdParty]); err != nil {
		return flawed(fieldThirdParty, err)
	}
	if r.Shared, err = table.ParseBool(values[fieldShared]); err != nil {
		return flawed(fieldShared, err)
	}
	if r.RetirementDate, err = parseDate(values[fieldRetirementDate], true); err != nil {
		return flawed(fieldRetirementDate, err)
	}
	if r.VerifiedAt, err = parseDate(values[fieldVerifiedAt], false); err != nil {
		return flawed(fieldVerifiedAt, err)
	}
	if r.AssignedAt, err = parseDate(values[fieldAssignedAt], false); err != nil {
		return flawed(fieldAssignedAt, err)
	}
	return nil
}

// values returns the values of a custom field, each once. A field that does not
// apply to the asset has none.
func (c *customFields) values(name string) ([]string, error) {
	var out []string
	for _, field := range *c {
		if system.Fold(field.Name) != system.Fold(name) {
			continue
		}
		for _, raw := range field.Values {
			var text *string
			if err := json.Unmarshal(raw, &text); err != nil || text == nil {
				return nil, errors.New("holds something that is not a text")
			}
			if value := system.Clean(*text); value != "" && !slices.Contains(out, value) {
				out = append(out, value)
			}
		}
	}
	return out, nil
}

// parseDate reads a date. Request Tracker writes the beginning of 1970 for no
// date.
func parseDate(text string, endOfDay bool) (time.Time, error) {
	if begin, err := table.ParseDate(text, false); err != nil || begin.Unix() == 0 {
		return time.Time{}, err
	}
	return table.ParseDate(text, endOfDay)
}
