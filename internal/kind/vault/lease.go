package vault

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

const summaryLease = "Unable to Give Lease"

// The metadata of the token of a lease. A token without it is not that of a lease.
const (
	metaLease = "custody_lease"
	metaFor   = "custody_lease_for"
)

var _ system.Leases = (*System)(nil)

// The rights that a lease takes, apart from that on the secret.
var (
	createToken = right{path: []string{"auth", "token", "create"}, capabilities: []string{"update"}}
	renewToken  = right{path: []string{"auth", "token", "renew-accessor"}, capabilities: []string{"update"}}
	renewLease  = right{path: []string{"sys", "leases", "renew"}, capabilities: []string{"update"}}
)

// given is a lease that this process has opened.
type given struct {
	id string // of the lease of the secret; empty until it is there
	// end is when the secret ends, if it is not renewed, by the clock of the server.
	end time.Time
}

// leased is a token of a lease as it was read (system.Lease.Seen).
type leased struct{ accessor, id string }

// Lease returns the lease of the name: a token that custody has made with it, and with it
// the secret that was read with the token. What this process could not open for want of an
// answer is not open, although its token may be there: no one has the secret. Of a lease of
// another process it is not known, so it counts as open.
func (s *System) Lease(ctx context.Context, name string) (*system.Lease, error) {
	if _, ok := system.UsableKey(name); !ok || !strings.HasPrefix(name, system.LeasePrefix) || name == system.LeasePrefix {
		return nil, ctx.Err()
	}
	if _, err := s.whoami(ctx); err != nil {
		return nil, err
	}
	tokens, err := s.tokens(ctx, func(o origin) bool { return o.lease == name })
	if err != nil || len(tokens) == 0 {
		return nil, err
	}
	t := tokens[0]
	l := &system.Lease{Name: name, Open: true, Seen: &leased{accessor: t.Accessor}}
	if l.ExpiresAt, err = time.Parse(time.RFC3339Nano, t.Expires); err != nil {
		return nil, s.at(summaryLease).Unusable("the token of a lease shows no end", "Check that url leads to a Vault or an OpenBao.")
	}
	l.ExpiresAt = l.ExpiresAt.UTC().Truncate(time.Second)
	if known, ok := s.given.Load(name); ok {
		g, _ := known.(given)
		l.Seen, l.Open = &leased{accessor: t.Accessor, id: g.id}, g.id != ""
		if !g.end.IsZero() && g.end.Before(l.ExpiresAt) {
			l.ExpiresAt = g.end
		}
	}
	return l, nil
}

// OpenLease makes a token, reads the secret with it, and writes the user name and the
// password into the order. When the token ends, Vault revokes the secret.
func (s *System) OpenLease(ctx context.Context, o *system.LeaseOrder) error {
	if len(o.Roles) != 1 || o.ActAs != "" {
		return s.leaseRefused(fault.ErrConfig, fmt.Sprintf("A lease of the system %q is one dynamic secret, without act_as.", s.config.Name),
			"Name one path in grant_roles, such as database/creds/reports, and leave act_as out.")
	}
	path, ok := segments(o.Roles[0])
	if !ok || len(path) < 2 || path[0] == "sys" || path[0] == "auth" || path[0] == "identity" {
		return s.leaseRefused(fault.ErrConfig, fmt.Sprintf("%q is not the path of a dynamic secret in the system %q.", o.Roles[0], s.config.Name),
			"Name a path in grant_roles such as database/creds/reports.")
	}
	ttl, err := s.remaining(ctx, o.End)
	if err != nil {
		return err
	}
	s.given.Store(o.Name, given{})
	token, accessor, err := s.makeToken(ctx, o, ttl)
	if err != nil {
		return err
	}
	err = s.readSecret(ctx, o, token, path)
	if err != nil {
		// Without a secret the token is of no use to anybody.
		_ = s.endEach(context.WithoutCancel(ctx), revokeToken, "accessor", []string{accessor}, nil)
	}
	return err
}

// early is how much earlier than it must a lease of Vault ends: Vault takes no instant but a
// time to live, which begins when the request arrives, and shows its clock in whole seconds.
const early = 5 * time.Second

// remaining is how long a lease lasts from now on, by the clock of the server.
func (s *System) remaining(ctx context.Context, end system.LeaseEnd) (time.Duration, error) {
	if end.Latest.IsZero() {
		return end.TTL, nil
	}
	r, err := s.ask(ctx, call{right: right{path: []string{"auth", "token", "lookup-self"}}, summary: summaryLease})
	if err != nil {
		return 0, err
	}
	now, err := http.ParseTime(r.Header.Get("Date"))
	if err != nil {
		return 0, s.at(summaryLease).Malformed(r, "it does not show the time of the server")
	}
	ttl := min(end.TTL, end.Latest.Sub(now)-early).Truncate(time.Second)
	if ttl < time.Second {
		return 0, s.leaseRefused(fault.ErrChanged, fmt.Sprintf("By the clock of the system %q, the access ends before the lease could begin.", s.config.Name),
			"Make a new plan: it renews what may be renewed. If the access has not ended, compare the clocks.")
	}
	return ttl, nil
}

// makeToken makes the token of a lease, below custody's own: it ends with custody's at
// the latest.
func (s *System) makeToken(ctx context.Context, o *system.LeaseOrder, ttl time.Duration) (token, accessor string, err error) {
	c := call{right: createToken, summary: summaryLease, acts: true, body: map[string]any{
		"ttl": seconds(ttl), "display_name": o.Name, "renewable": true, "meta": map[string]string{metaLease: o.Name, metaFor: o.For},
	}}
	r, err := s.ask(ctx, c)
	if err != nil {
		return "", "", err
	}
	var made struct {
		Auth struct {
			Token    string `json:"client_token"`
			Accessor string `json:"accessor"`
		}
	}
	switch {
	case r.Status == http.StatusForbidden:
		return "", "", s.lacks(fault.ErrDenied, summaryLease, "make a lease", createToken)
	case r.Status != http.StatusOK:
		return "", "", s.at(summaryLease).Refused(r)
	}
	if err := r.JSON(&made); err != nil || made.Auth.Token == "" || made.Auth.Accessor == "" {
		return "", "", s.at(summaryLease).Malformed(r, "it is not what Vault answers to "+createToken.asked())
	}
	s.client.Hide(made.Auth.Token)
	return made.Auth.Token, made.Auth.Accessor, nil
}

// readSecret reads the secret with the token of the lease.
func (s *System) readSecret(ctx context.Context, o *system.LeaseOrder, token string, path []string) error {
	secret := right{path: path, capabilities: []string{"read"}}
	// With custody's own token the secret would outlive that of the lease.
	config := s.plain
	config.Summary, config.Credentials = summaryLease, []httpclient.Credential{httpclient.Header("", tokenHeader, token)}
	client, err := httpclient.New(config)
	if err != nil {
		return err
	}
	r, err := client.Do(ctx, httpclient.Request{Path: append([]string{"v1"}, path...)})
	if err != nil {
		return err
	}
	switch r.Status {
	case http.StatusOK:
	case http.StatusForbidden:
		return s.lacks(fault.ErrDenied, summaryLease, "read the secret", secret)
	case http.StatusBadRequest, http.StatusNotFound:
		return s.leaseRefused(fault.ErrConfig, fmt.Sprintf("The system %q holds no dynamic secret %q (status %d).", s.config.Name, o.Roles[0], r.Status),
			"Name a path in grant_roles such as database/creds/reports.")
	default:
		return client.Refused(r)
	}
	var got struct {
		LeaseID  string `json:"lease_id"`
		Duration int64  `json:"lease_duration"`
		Data     struct{ Username, Password string }
	}
	if err := r.JSON(&got); err != nil || got.LeaseID == "" || got.Data.Username == "" || got.Data.Password == "" {
		return s.leaseRefused(fault.ErrConfig, fmt.Sprintf("What the system %q gave for %q is not a lease with a user name and a password. It was revoked.", s.config.Name, o.Roles[0]),
			"Name the path of a dynamic secret of a database in grant_roles, such as database/creds/reports.")
	}
	client.Hide(got.Data.Password)
	g := given{id: got.LeaseID}
	if now, err := http.ParseTime(r.Header.Get("Date")); err == nil && got.Duration > 0 {
		g.end = now.Add(time.Duration(got.Duration) * time.Second).UTC()
	}
	s.given.Store(o.Name, g)
	o.Username, o.Password = got.Data.Username, got.Data.Password
	return nil
}

func seconds(d time.Duration) string { return fmt.Sprintf("%ds", int64(d/time.Second)) }

// RenewLease moves the end of a lease that has not passed.
func (s *System) RenewLease(ctx context.Context, l *system.Lease, end system.LeaseEnd) error {
	seen, err := s.leasedAs(l)
	if err != nil {
		return err
	}
	ended := s.leaseRefused(fault.ErrChanged, fmt.Sprintf("The lease %q has ended, so it is not renewed.", l.Name), "Apply again: another lease is opened then.")
	ttl, err := s.remaining(ctx, end)
	if err != nil {
		return err
	}
	for _, c := range []struct {
		by          right
		field, name string
	}{{renewToken, "accessor", seen.accessor}, {renewLease, "lease_id", seen.id}} {
		if c.name == "" {
			continue
		}
		r, err := s.ask(ctx, call{right: c.by, summary: summaryLease, acts: true, body: map[string]string{c.field: c.name, "increment": seconds(ttl)}})
		switch {
		case err != nil:
			return err
		case r.Status == http.StatusBadRequest || r.Status == http.StatusNotFound:
			return ended
		case r.Status == http.StatusForbidden:
			if again, err := s.Lease(ctx, l.Name); err == nil && again == nil {
				return ended
			}
			return s.lacks(fault.ErrDenied, summaryLease, "renew a lease", c.by)
		case r.Status >= 300:
			return s.at(summaryLease).Refused(r)
		}
		s.renewed(l.Name, c.field, r)
	}
	return nil
}

// renewed remembers until when a secret was renewed.
func (s *System) renewed(name, field string, r *httpclient.Response) {
	var got struct {
		Duration int64 `json:"lease_duration"`
	}
	known, _ := s.given.Load(name)
	g, ok := known.(given)
	now, err := http.ParseTime(r.Header.Get("Date"))
	if field == "lease_id" && ok && err == nil && r.JSON(&got) == nil && got.Duration > 0 {
		g.end = now.Add(time.Duration(got.Duration) * time.Second).UTC()
		s.given.Store(name, g)
	}
}

// EndLease revokes the secret, waits until that is done, and then revokes the token.
func (s *System) EndLease(ctx context.Context, l *system.Lease) error {
	seen, err := s.leasedAs(l)
	if err != nil {
		return err
	}
	if seen.id != "" {
		if err := s.endEach(ctx, revokeLease, "lease_id", []string{seen.id}, map[string]any{"sync": true}); err != nil {
			return err
		}
	}
	return s.RemoveLease(ctx, l)
}

// RemoveLease revokes the token of a lease, if it is still there.
func (s *System) RemoveLease(ctx context.Context, l *system.Lease) error {
	seen, err := s.leasedAs(l)
	if err != nil {
		return err
	}
	return s.endEach(ctx, revokeToken, "accessor", []string{seen.accessor}, nil)
}

// ExpiredLeases returns none: Vault revokes a token whose end has passed, and with it
// its secret.
func (s *System) ExpiredLeases(ctx context.Context) ([]string, error) { return nil, ctx.Err() }

// LeaseAddress says nothing: Vault does not say where a secret is used.
func (s *System) LeaseAddress(string, string) system.LeaseAddress { return system.LeaseAddress{} }

// leasedAs returns what a lease was read from.
func (s *System) leasedAs(l *system.Lease) (*leased, error) {
	seen, ok := l.Seen.(*leased)
	if !ok {
		return nil, s.leaseRefused(fault.ErrConfig, fmt.Sprintf("%q was not read from the system %q.", l.Name, s.config.Name), adviceReport)
	}
	return seen, nil
}

func (s *System) leaseRefused(kind error, happened, advice string) error {
	return &fault.Fault{Kind: kind, Summary: summaryLease, Happened: s.client.Sentence(happened), Advice: advice}
}
