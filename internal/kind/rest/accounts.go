package rest

import (
	"context"
	"fmt"
	"slices"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

const (
	accountSummary = "Unable to Read Account"
	switchSummary  = "Unable to Switch Account"
	maxIssued      = 300 // bytes of the text of one
)

var _ system.Accounts = (*System)(nil)

// seenAccount is an account as it was read (system.Account.Seen).
type seenAccount struct {
	id, address string
	version     string // the entity tag; empty if the system gives none
	item        any
}

// AccountActs lists what the description says how to do.
func (s *System) AccountActs() []system.AccountAct {
	var out []system.AccountAct
	if s.accounts == nil {
		return nil
	}
	for _, act := range []system.AccountAct{system.EnableAccount, system.DisableAccount, system.SetAccountEnd, system.EndSessions} {
		single := act == system.EndSessions && slices.ContainsFunc(s.accounts.issued, func(i issued) bool { return i.end != nil })
		if len(s.accounts.acts[act]) > 0 || single {
			out = append(out, act)
		}
	}
	return out
}

// Account returns the account that the subject names. Nothing that was read before is
// used: people are looked up anew, and the account is then read at its address.
func (s *System) Account(ctx context.Context, subject string) (*system.Account, error) {
	if s.accounts == nil {
		return nil, s.refuseSwitch(fault.ErrConfig, fmt.Sprintf("The description of the system %q has no accounts.", s.config.Name),
			"Describe accounts in the description of the system, or set what it asks for.")
	}
	key, ok := system.UsableKey(subject)
	if !ok {
		return nil, ctx.Err()
	}
	client := s.client.For(accountSummary)
	e, err := s.holder(ctx, client, key)
	if err != nil || e == nil {
		return nil, err
	}
	a, err := s.accountAt(ctx, client, e.address, e.person.ID)
	if err == nil && a == nil {
		err = client.Unusable(fmt.Sprintf("it lists %q, and says at the address of the account that it does not exist", e.person.ID), adviceRights)
	}
	return a, err
}

// holder returns the one entry of people that a key names; nil if there is none. One that
// was deleted is none.
func (s *System) holder(ctx context.Context, client *httpclient.Client, key string) (*entry, error) {
	found, err := s.anew(client).people.find(ctx, key)
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(slices.Clone(found), func(e *entry) bool { return e.deleted })
	switch len(found) {
	case 0:
		return nil, s.ready(ctx)
	case 1:
		return found[0], nil
	}
	return nil, &fault.Fault{
		Kind: fault.ErrConfig, Summary: accountSummary,
		Happened: fmt.Sprintf("The system %q holds %d accounts that %q names, %q and %q among them.", s.config.Name, len(found), key, found[0].person.ID, found[1].person.ID),
		Advice:   "Name one account by its id.",
	}
}

// anew returns the system as a reader of people that knows nothing yet.
func (s *System) anew(client *httpclient.Client) *System {
	fresh := &System{
		config: s.config, title: s.title, entities: s.entities, dates: s.dates, settings: s.settings, errors: s.errors,
		kinds: s.kinds, statuses: s.statuses, placeholders: s.placeholders,
	}
	k := s.people
	fresh.people = &catalog{
		s: fresh, client: client, what: k.what, prefix: k.prefix, id: k.id, ways: k.ways, lists: k.lists, trash: k.trash, hides: k.hides,
		fields: k.fields, teams: k.teams, address: s.accounts.address,
	}
	if fresh.people.address == nil {
		fresh.people.address = k.id
	}
	return fresh
}

// accountAt reads the account with an id at its address; nil if it does not exist.
func (s *System) accountAt(ctx context.Context, client *httpclient.Client, address, id string) (*system.Account, error) {
	got, item, err := s.ask(ctx, client, s.accounts.one, address)
	if err != nil || item == nil {
		return nil, err
	}
	a, err := s.accountOf(item, address)
	if err != nil {
		return nil, client.Malformed(got.response, err.Error())
	}
	if a.ID != id {
		return nil, client.Malformed(got.response, fmt.Sprintf("it was asked for the account %q and shows %q", id, a.ID))
	}
	seen := &seenAccount{id: id, address: address, item: item}
	if s.accounts.version != nil {
		if seen.version, err = s.accounts.version.text(got.variables); err != nil {
			return nil, client.Malformed(got.response, err.Error())
		}
	}
	a.Seen = seen
	for i := range s.accounts.issued {
		if err := s.given(ctx, client, &s.accounts.issued[i], seen, func(text, _ string) error {
			a.Issued = append(a.Issued, text)
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// accountOf reads the item of an account.
func (s *System) accountOf(item any, address string) (*system.Account, error) {
	if _, ok := item.(map[string]any); !ok {
		return nil, fmt.Errorf("an account is not an object")
	}
	variables := s.itemVariables(item, address)
	f := reader{fields: s.accounts.fields, dates: s.dates, variables: variables, placeholders: s.placeholders}
	a := &system.Account{
		ID: f.text("id"), Name: f.text("name"), ExpiresAt: f.date("expires_at", true), LastUsedAt: f.date("last_used_at", false),
		EndUnknown: s.accounts.fields["expires_at"] == nil, Unlisted: s.accounts.unlisted, Refusals: make(map[system.AccountAct]error),
	}
	if f.err != nil {
		return nil, f.err
	}
	var err error
	if a.Enabled, err = s.accounts.fields["enabled"].bool(variables); err != nil {
		return nil, err
	}
	if a.ID == "" {
		return nil, fmt.Errorf("an account has no id")
	}
	if a.Name == "" {
		a.Name = a.ID
	}
	for _, r := range s.accounts.refuses {
		refuses, err := r.when.bool(variables)
		if err != nil {
			return nil, err
		}
		if refuses {
			a.Refusals[r.act] = s.refuseSwitch(fault.ErrConfig, fmt.Sprintf("The system %q does not %s the account %q: %s", s.config.Name, r.act, s.client.Shown(a.Name), r.message), r.advice)
		}
	}
	return a, nil
}

// given reads one list of what an account was given. take gets the text for people and
// the id of each that works.
func (s *System) given(ctx context.Context, client *httpclient.Client, of *issued, a *seenAccount, take func(text, id string) error) error {
	var texts, ids []string
	err := untilConsistent(client, func() error {
		texts, ids = nil, nil
		return of.list.read(ctx, s, client, places(a.address), func(item any) (string, error) {
			variables := s.itemVariables(item, a.address)
			id, err := of.id.text(variables)
			if err != nil {
				return "", err
			}
			if id == "" {
				return "", fmt.Errorf("a row has no id")
			}
			skip := false
			if of.skip != nil {
				if skip, err = of.skip.bool(variables); err != nil {
					return "", err
				}
			}
			text, err := of.text.text(variables)
			if err == nil && !skip {
				texts, ids = append(texts, system.CutBytes(system.Clean(text), maxIssued)), append(ids, id)
			}
			return id, err
		})
	})
	if err != nil {
		return err
	}
	for i, id := range ids {
		if err := take(texts[i], id); err != nil {
			return err
		}
	}
	return nil
}

func (s *System) refuseSwitch(kind error, happened, advice string) error {
	return &fault.Fault{Kind: kind, Summary: switchSummary, Happened: happened, Advice: advice}
}
