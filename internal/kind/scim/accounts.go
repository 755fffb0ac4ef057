package scim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

const (
	summaryAccount = "Unable to Read Account"
	summarySwitch  = "Unable to Switch Account"

	patchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
)

var _ system.Accounts = (*System)(nil)

// seenAccount is a user as it was read (system.Account.Seen).
type seenAccount struct {
	id      string
	version string // the entity tag; empty if the server gives none
}

// AccountActs lists what can be done with users. SCIM knows no ends and no sessions.
func (s *System) AccountActs() []system.AccountAct {
	return []system.AccountAct{system.EnableAccount, system.DisableAccount}
}

// anew returns the same directory of which nothing is known yet.
func (s *System) anew(summary string) *System {
	fresh := &System{config: s.config, keys: s.keys, kinds: s.kinds, dormant: s.dormant, client: s.client.For(summary)}
	fresh.users = &catalog{s: fresh, name: s.users.name, what: s.users.what, keys: s.keys, read: fresh.readUser}
	return fresh
}

// Account returns the user that the subject names. How the server finds users is
// tested anew, and the user is then read at its address: a filter may answer from an
// index that lags behind.
func (s *System) Account(ctx context.Context, subject string) (*system.Account, error) {
	key, ok := system.UsableKey(subject)
	if !ok {
		return nil, ctx.Err()
	}
	fresh := s.anew(summaryAccount)
	head, err := fresh.users.head(ctx)
	if err != nil {
		return nil, err
	}
	if len(head.entries) == 0 {
		return nil, fresh.client.Unusable("it shows no user at all", adviceRights)
	}
	found, err := fresh.users.find(ctx, key)
	switch {
	case err != nil || len(found) == 0:
		return nil, err
	case len(found) > 1:
		return nil, &fault.Fault{
			Kind: fault.ErrConfig, Summary: summaryAccount,
			Happened: fmt.Sprintf("The directory %q holds %d users that %q names, %s and %s among them.", s.config.Name, len(found), subject,
				quote(found[0].id), quote(found[1].id)),
			Advice: "Name one user by its id, or set keys to attributes that are unique.",
		}
	}
	return fresh.account(ctx, found[0].id)
}

// account reads a user at its address.
func (s *System) account(ctx context.Context, id string) (*system.Account, error) {
	if id == "." || id == ".." {
		return nil, s.client.Unusable("the id "+quote(id)+" of a user cannot be a part of an address", "Correct the directory.")
	}
	r, err := s.client.Get(ctx, []string{s.users.name, id}, nil)
	if err != nil {
		return nil, err
	}
	if r.Status != http.StatusOK {
		return nil, s.client.Refused(r)
	}
	var o object
	if err := r.JSON(&o); err != nil {
		return nil, s.client.Malformed(r, "it is not a JSON object: "+err.Error())
	}
	if shown := raw(o.get("id")); shown != id {
		return nil, s.client.Malformed(r, "it was asked for the id "+quote(id)+" and shows "+quote(shown))
	}
	enabled, err := activeOf(o)
	if err != nil {
		return nil, s.client.Malformed(r, err.Error())
	}
	version := r.Header.Get("ETag")
	if version == "" {
		version = raw(asObject(o.get("meta")).get("version"))
	}
	name := o.text("userName")
	return &system.Account{
		ID: system.Clean(id), Name: pick(name, system.Clean(id)), Enabled: enabled, EndUnknown: true,
		Refusals: make(map[system.AccountAct]error), Seen: &seenAccount{id: id, version: version},
	}, nil
}

// activeOf reads whether a user is active; a directory that does not say so cannot be
// a target.
func activeOf(o object) (bool, error) {
	switch word := system.Fold(o.text("active")); word {
	case "true":
		return true, nil
	case "false":
		return false, nil
	case "":
		return false, errors.New("it does not show the attribute active of the user")
	default:
		return false, errors.New("its attribute active holds " + quote(word))
	}
}

// SetEnabled sets active.
func (s *System) SetEnabled(ctx context.Context, a *system.Account, enabled bool) error {
	act := system.DisableAccount
	header := http.Header{"Content-Type": {"application/scim+json"}}
	seen, ok := a.Seen.(*seenAccount)
	if !ok {
		return s.refused(fault.ErrConfig, fmt.Sprintf("%s was not read from the directory %q.", quote(a.Name), s.config.Name), "Please report this to the provider's developers.")
	}
	if enabled {
		act = system.EnableAccount
		if seen.version != "" { // a disable asserts nothing
			header.Set("If-Match", seen.version)
		}
	}
	client := s.client.For(summarySwitch)
	var answer *httpclient.Response
	for _, operation := range operations(enabled) {
		var err error
		answer, err = client.Do(ctx, httpclient.Request{
			Method: http.MethodPatch, Path: []string{s.users.name, seen.id}, Header: header,
			Body: map[string]any{"schemas": []string{patchSchema}, "Operations": []any{operation}},
		})
		if err != nil {
			return err
		}
		// Only this status says that nothing was done because of how it was asked for.
		if answer.Status != http.StatusBadRequest {
			break
		}
	}
	return s.patched(client, answer, act, a)
}

// operations are the forms in which servers accept a change, in the order in which
// they are tried: as RFC 7644 writes it, without a path, and as Microsoft writes it.
func operations(active bool) []map[string]any {
	return []map[string]any{
		{"op": "replace", "path": "active", "value": active},
		{"op": "replace", "value": map[string]any{"active": active}},
		{"op": "Replace", "path": "active", "value": active},
	}
}

// patched reads the answer to a change.
func (s *System) patched(client *httpclient.Client, r *httpclient.Response, act system.AccountAct, a *system.Account) error {
	about := fmt.Sprintf("The directory %q was asked to %s %s", s.config.Name, act, quote(a.Name))
	said := fmt.Sprintf(" (status %d)", r.Status)
	switch {
	case r.Status >= 200 && r.Status < 300:
		return nil
	case r.Status == http.StatusForbidden:
		return s.refused(fault.ErrDenied, about+", but the token lacks the right to change users (PATCH /Users)"+said+".",
			"Give the token exactly this right, PATCH /Users: often a scope such as scim.write, or an application with \"write\" for users.")
	case r.Status == http.StatusPreconditionFailed, r.Status == http.StatusConflict:
		return s.refused(fault.ErrChanged, about+", but the user has changed since it was read"+said+".", "Plan again, and look at what the plan shows.")
	case absent(r):
		return s.refused(fault.ErrChanged, about+", but the user is gone"+said+".", "Plan again.")
	case refusal(r.Status):
		return s.refused(fault.ErrConfig, about+", and takes no change of active (PATCH /Users)"+said+".",
			"Check that the server takes changes with PATCH, and that the token may change the attribute active.")
	}
	return client.Refused(r)
}

func (s *System) refused(kind error, happened, advice string) error {
	return &fault.Fault{Kind: kind, Summary: summarySwitch, Happened: s.client.Sentence(happened), Advice: advice}
}

// SetEnd is refused: SCIM knows no ends.
func (s *System) SetEnd(_ context.Context, a *system.Account, _ time.Time) error {
	return s.refused(fault.ErrConfig, fmt.Sprintf("SCIM knows no end of the account %s.", quote(a.Name)), "Leave expires_at out.")
}

// EndSessions is refused: SCIM knows no sessions.
func (s *System) EndSessions(_ context.Context, a *system.Account) error {
	return s.refused(fault.ErrConfig, fmt.Sprintf("SCIM knows no sessions of the account %s.", quote(a.Name)), "Leave end_sessions out.")
}
