package vault

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// AccountActs lists what can be done with identities. Vault knows no end of an entity.
func (s *System) AccountActs() []system.AccountAct {
	return []system.AccountAct{system.EnableAccount, system.DisableAccount, system.EndSessions}
}

// issuedUnknown stands for what an account was given where it cannot be read.
const issuedUnknown = "not known: what end_sessions takes is missing"

// Account returns the entity, or the role of AppRole, that the subject names.
func (s *System) Account(ctx context.Context, subject string) (*system.Account, error) {
	key, ok := system.UsableKey(subject)
	if !ok {
		return nil, ctx.Err()
	}
	me, err := s.whoami(ctx)
	if err != nil {
		return nil, err
	}
	seen, err := s.find(ctx, key)
	if seen == nil || err != nil {
		return nil, err
	}
	seen.prefixes = s.prefixes(key, seen)
	a := &system.Account{
		ID: system.Clean(seen.id()), Name: system.Clean(seen.name()), Enabled: true, EndUnknown: true,
		Refusals: make(map[system.AccountAct]error), Seen: seen,
	}
	if seen.entity != nil {
		a.Enabled = !*seen.entity.Disabled
	}
	if err := s.refusals(ctx, a, seen); err != nil {
		return nil, err
	}
	if a.Refusals[system.EndSessions] == nil {
		if err := s.readIssued(ctx, a, seen); err != nil {
			return nil, err
		}
	}
	if a.Refusals[system.EndSessions] != nil {
		a.Issued = []string{issuedUnknown} // an empty list would say that there is nothing to end
	}
	if seen.own(me) {
		own := s.refused(fault.ErrConfig, fmt.Sprintf("%q in the system %q is the entity with which custody itself logs in: switched off, it could not be switched on again.", a.Name, s.config.Name),
			"Name another entity, or let custody log in with an identity of its own.")
		a.Refusals[system.DisableAccount], a.Refusals[system.EndSessions] = own, own
	}
	return a, nil
}

// own reports whether custody asks as this entity itself.
func (i *identity) own(me *myself) bool {
	return i.entity != nil && me.EntityID != "" && i.has(me.EntityID)
}

// has reports whether an id is that of the entity, or of one that it has taken in.
func (i *identity) has(id string) bool {
	if i.entity == nil {
		return false
	}
	return i.entity.ID == id || slices.Contains(i.entity.Merged, id)
}

// switchRight is what disables and enables an entity.
func (i *identity) switchRight() right {
	return right{path: []string{"identity", "entity", "id", i.entity.ID}, rule: "identity/entity/id/*", capabilities: []string{"update"}}
}

// refusals finds out what cannot be done with an account, before it is tried.
func (s *System) refusals(ctx context.Context, a *system.Account, seen *identity) error {
	ending := endingRights(seen)
	asked := ending
	if seen.entity != nil {
		asked = append([]right{seen.switchRight()}, ending...)
	}
	missing, err := s.missing(ctx, asked)
	if err != nil {
		return err
	}
	var toEnd []right
	for _, r := range missing {
		if seen.entity != nil && r.asked() == seen.switchRight().asked() {
			for act, doing := range map[system.AccountAct]string{system.DisableAccount: "disable the entity", system.EnableAccount: "enable the entity"} {
				a.Refusals[act] = s.lacks(fault.ErrDenied, summarySwitch, doing, r)
			}
			continue
		}
		toEnd = append(toEnd, r)
	}
	if len(toEnd) > 0 {
		a.Refusals[system.EndSessions] = s.lacks(fault.ErrDenied, summarySwitch, "end the sessions of the account", toEnd...)
	}
	if seen.entity == nil {
		a.Refusals[system.DisableAccount] = s.refused(fault.ErrConfig,
			fmt.Sprintf("The role %q in the system %q has not logged in yet, so it has no entity that could be disabled.", a.Name, s.config.Name),
			"Create its entity beside the role: an entity, and for it an alias with the role_id of the role and the accessor of the auth method. Or delete the role, and remove the resource.")
	}
	return nil
}

// SetEnabled disables or enables the entity. Nothing else of it changes.
func (s *System) SetEnabled(ctx context.Context, a *system.Account, enabled bool) error {
	act, doing := system.DisableAccount, "disable the entity"
	if enabled {
		act, doing = system.EnableAccount, "enable the entity"
	}
	seen, err := s.asRead(a, act)
	if err != nil {
		return err
	}
	gone := s.refused(fault.ErrChanged, fmt.Sprintf("The system %q was asked to %s %q, but the entity has changed since it was read, or is gone.", s.config.Name, act, a.Name), adviceAgain)
	if seen.entity == nil {
		return gone
	}
	if enabled { // a disable asserts nothing
		again, err := s.lookup(ctx, map[string]string{"id": seen.entity.ID})
		if err != nil {
			return err
		}
		if again == nil || again.Updated != seen.entity.Updated {
			return gone
		}
	}
	c := call{right: seen.switchRight(), summary: summarySwitch, body: map[string]bool{"disabled": !enabled}, acts: true}
	r, err := s.ask(ctx, c)
	switch {
	case err != nil:
		return err
	case r.Status == http.StatusOK || r.Status == http.StatusNoContent:
		return nil
	case r.Status == http.StatusForbidden:
		return s.lacks(fault.ErrDenied, summarySwitch, doing, c.right)
	case r.Status == http.StatusBadRequest || r.Status == http.StatusNotFound:
		return gone
	}
	return s.at(summarySwitch).Refused(r)
}

// asRead returns the identity that an account was read from, unless the act is refused.
func (s *System) asRead(a *system.Account, act system.AccountAct) (*identity, error) {
	if err := a.Refusals[act]; err != nil {
		return nil, err
	}
	seen, ok := a.Seen.(*identity)
	if !ok {
		return nil, s.refused(fault.ErrConfig, fmt.Sprintf("%q was not read from the system %q.", a.Name, s.config.Name), adviceReport)
	}
	return seen, nil
}

func (s *System) refused(kind error, happened, advice string) error {
	return &fault.Fault{Kind: kind, Summary: summarySwitch, Happened: s.client.Sentence(happened), Advice: advice}
}

// SetEnd is refused: an entity has no end.
func (s *System) SetEnd(_ context.Context, a *system.Account, _ time.Time) error {
	return s.refused(fault.ErrConfig, fmt.Sprintf("Vault knows no end of the entity %q.", a.Name), "Leave expires_at out.")
}
