package rest

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

const adviceSeen = "Plan again, and look at what the plan shows."

// SetEnabled sends the requests that switch the account on or off.
func (s *System) SetEnabled(ctx context.Context, a *system.Account, enabled bool) error {
	if enabled {
		return s.switchAccount(ctx, a, system.EnableAccount, nil)
	}
	return s.switchAccount(ctx, a, system.DisableAccount, nil)
}

// SetEnd sends the requests that set the end.
func (s *System) SetEnd(ctx context.Context, a *system.Account, end time.Time) error {
	return s.switchAccount(ctx, a, system.SetAccountEnd, &end)
}

// EndSessions sends the requests that end everything at once, and then ends one by one
// what is still listed.
func (s *System) EndSessions(ctx context.Context, a *system.Account) error {
	if err := s.switchAccount(ctx, a, system.EndSessions, nil); err != nil {
		return err
	}
	client := s.client.For(switchSummary)
	seen := a.Seen.(*seenAccount) //nolint:errcheck,forcetypeassert // switchAccount has looked
	for i := range s.accounts.issued {
		of := &s.accounts.issued[i]
		if of.end == nil {
			continue
		}
		err := s.given(ctx, client, of, seen, func(_, id string) error {
			asked := places(seen.address)
			asked[issuedPlace] = id
			_, err := s.send(ctx, client, &switching{act: system.EndSessions, of: of.end, a: a, item: seen.item, places: asked})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// switchAccount reads the account again and sends the requests of an act.
func (s *System) switchAccount(ctx context.Context, a *system.Account, act system.AccountAct, end *time.Time) error {
	seen, ok := a.Seen.(*seenAccount)
	if !ok {
		return s.refuseSwitch(fault.ErrConfig, fmt.Sprintf("The account %q was not read from the system %q.", s.client.Shown(a.Name), s.config.Name), "Please report this to the provider's developers.")
	}
	if !system.CanAct(s, act) {
		return s.refuseSwitch(fault.ErrConfig, fmt.Sprintf("The description of the system %q does not say how to %s an account.", s.config.Name, act),
			"Leave out the argument that asks for it, or describe the act.")
	}
	client := s.client.For(switchSummary)
	now, err := s.accountAt(ctx, client, seen.address, seen.id)
	if err != nil {
		return err
	}
	if now == nil {
		return s.changedSince(act, a, "the account is gone")
	}
	current := now.Seen.(*seenAccount) //nolint:errcheck,forcetypeassert // accountAt has made it
	w := switching{act: act, a: a, item: current.item, places: places(seen.address), end: end}
	// To take access away needs no more than that the account is there.
	if act == system.EnableAccount || act == system.SetAccountEnd {
		if now.Enabled != a.Enabled || !now.ExpiresAt.Equal(a.ExpiresAt) || current.version != seen.version {
			return s.changedSince(act, a, "the account has changed since it was read")
		}
		w.version = current.version
	}
	for i := range s.accounts.acts[act] {
		w.of = &s.accounts.acts[act][i]
		gone, err := s.send(ctx, client, &w)
		if err == nil && gone {
			err = s.changedSince(act, a, "the account is gone")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// switching is one request of an act.
type switching struct {
	act     system.AccountAct
	of      *change
	a       *system.Account
	item    any // the account as it was read last
	places  map[string]string
	end     *time.Time
	version string // sent as If-Match; empty asserts nothing
}

// variables are what the body can read.
func (w *switching) variables(s *System) map[string]any {
	account := map[string]any{"id": w.a.ID, "name": w.a.Name, "end": nil}
	if w.end != nil && !w.end.IsZero() {
		account["end"] = w.end.UTC().Format(time.RFC3339)
	}
	out := s.itemVariables(w.item, w.places[idPlace])
	out["account"] = account
	return out
}

// send sends a request of an act, and reports whether what it was to change is gone.
func (s *System) send(ctx context.Context, client *httpclient.Client, w *switching) (gone bool, err error) {
	variables := w.variables(s)
	if w.of.cond != nil {
		if applies, err := w.of.cond.bool(variables); err != nil || !applies {
			return false, unusable(client, err)
		}
	}
	request := httpclient.Request{
		Method: w.of.method, Path: w.of.path.fill(w.places), TrailingSlash: w.of.path.slash, Query: w.of.query.fill(w.places), Header: make(http.Header),
	}
	for name, value := range w.of.headers {
		request.Header.Set(name, value)
	}
	if w.version != "" {
		request.Header.Set("If-Match", w.version)
	}
	if w.of.body != nil {
		v, err := w.of.body.eval(variables)
		if err != nil {
			return false, unusable(client, err)
		}
		if request.Body, err = toJSON(v); err != nil {
			return false, unusable(client, err)
		}
	}
	response, err := client.Do(ctx, request)
	if err != nil {
		return false, err
	}
	return s.judge(client, w, response)
}

// unusable is the fault of a description that does not fit what was read; nil of nil.
func unusable(client *httpclient.Client, err error) error {
	if err == nil {
		return nil
	}
	return client.Unusable(err.Error(), adviceDescription)
}

// judge reads the answer to a request.
func (s *System) judge(client *httpclient.Client, w *switching, response *httpclient.Response) (gone bool, err error) {
	if len(bytes.TrimSpace(response.Body)) == 0 {
		response.Body = []byte("null")
	}
	got, err := s.answer(client, response, w.places[idPlace])
	if err != nil {
		return false, err
	}
	holds := func(e *expression) bool {
		yes, err := e.bool(got.variables)
		return err == nil && yes
	}
	switch {
	case w.of.refused != nil && holds(w.of.refused.when):
		return false, s.refuseSwitch(fault.ErrConfig, fmt.Sprintf("The system %q did not %s the account %q: %s", s.config.Name, w.act, s.client.Shown(w.a.Name), w.of.refused.message),
			w.of.refused.advice)
	case holds(w.of.denied):
		return false, s.refuseSwitch(fault.ErrDenied,
			fmt.Sprintf("The system %q was asked to %s the account %q, but its credentials lack %s.", s.config.Name, w.act, s.client.Shown(w.a.Name), w.of.right),
			fmt.Sprintf("Give the credentials %s.", w.of.right))
	case holds(w.of.changed):
		return false, s.changedSince(w.act, w.a, "the account has changed since it was read")
	case holds(w.of.gone):
		return true, nil
	}
	if err := s.failed(client, got); err != nil {
		return false, err
	}
	if !holds(w.of.done) {
		return false, client.Malformed(response, "it does not say that the change was made")
	}
	return false, nil
}

func (s *System) changedSince(act system.AccountAct, a *system.Account, why string) error {
	return s.refuseSwitch(fault.ErrChanged, fmt.Sprintf("The system %q was asked to %s the account %q, but %s.", s.config.Name, act, s.client.Shown(a.Name), why), adviceSeen)
}
