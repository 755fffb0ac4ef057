package vault

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

const (
	// parallel is how many requests for one account are under way at a time.
	parallel = 8
	// mostTokens is how many tokens of a server are looked through, and mostLeases how
	// many leases of an account are listed.
	mostTokens = 20_000
	mostLeases = 2_000
	// mostShown is how many of each are shown.
	mostShown = 50
)

// token is one token that works.
type token struct {
	Accessor string `json:"accessor"`
	EntityID string `json:"entity_id"`
	Path     string `json:"path"` // of the login
	Issued   string `json:"issue_time"`
	Expires  string `json:"expire_time"`
	Meta     map[string]string
}

func (t token) origin() origin { return origin{t.EntityID, t.Meta[metaLease]} }

// The rights that ending sessions takes, apart from those that depend on the account.
var (
	listTokens  = right{path: []string{"auth", "token", "accessors"}, capabilities: []string{"list", "sudo"}}
	readToken   = right{path: []string{"auth", "token", "lookup-accessor"}, capabilities: []string{"update"}}
	revokeToken = right{path: []string{"auth", "token", "revoke-accessor"}, capabilities: []string{"update"}}
	revokeLease = right{path: []string{"sys", "leases", "revoke"}, capabilities: []string{"update"}}
)

func listSecretIDs(r *role) right {
	return right{path: r.at("secret-id"), rule: r.rule("secret-id"), capabilities: []string{"list"}}
}

func destroySecretID(r *role) right {
	return right{path: r.at("secret-id-accessor", "destroy"), rule: r.rule("secret-id-accessor/destroy"), capabilities: []string{"update"}}
}

func listLeases(prefix []string) right {
	path := append([]string{"sys", "leases", "lookup"}, prefix...)
	return right{path: path, capabilities: []string{"list", "sudo"}}
}

// endingRights are what ending the sessions of an account takes.
func endingRights(i *identity) []right {
	out := []right{listTokens, readToken, revokeToken}
	if i.role != nil {
		out = append(out, listSecretIDs(i.role), destroySecretID(i.role))
	}
	for _, prefix := range i.prefixes {
		out = append(out, listLeases(prefix))
	}
	if len(i.prefixes) > 0 {
		out = append(out, revokeLease)
	}
	return out
}

// prefixes returns the prefixes of the leases that the configuration counts as those of
// an account: by its subject, its name or its id.
func (s *System) prefixes(subject string, i *identity) [][]string {
	var out [][]string
	for _, name := range []string{subject, i.name(), i.id()} {
		folded := system.Fold(name)
		for _, prefix := range s.leases[folded] {
			if !slices.ContainsFunc(out, func(p []string) bool { return slices.Equal(p, prefix) }) {
				out = append(out, prefix)
			}
		}
	}
	return out
}

// readIssued lists what the account has been given and still works.
func (s *System) readIssued(ctx context.Context, a *system.Account, i *identity) error {
	var err error
	if i.role != nil {
		if i.secretIDs, err = s.list(ctx, listSecretIDs(i.role)); err != nil {
			return err
		}
	}
	if i.tokens, err = s.tokensOf(ctx, a, i); err != nil {
		return err
	}
	for _, prefix := range i.prefixes {
		if err := s.leasesBelow(ctx, prefix, &i.leases); err != nil {
			return err
		}
	}
	a.Issued = slices.Concat(
		shown("secret ID", i.secretIDs, func(accessor string) string { return "secret ID " + short(accessor) }),
		shown("token", i.tokens, token.text),
		shown("lease", i.leases, func(id string) string { return "lease " + system.Clean(id) }))
	return nil
}

func shown[T any](what string, list []T, text func(T) string) []string {
	var out []string
	for i, one := range list {
		if i == mostShown {
			return append(out, fmt.Sprintf("%d more of the kind: %s", len(list)-i, what))
		}
		out = append(out, text(one))
	}
	return out
}

// text says which token it is. Its accessor is shown in part: with the right to, one
// could revoke the token by it.
func (t token) text() string {
	out := "token " + short(t.Accessor) + " of " + system.Clean(t.Path)
	if at, err := time.Parse(time.RFC3339Nano, t.Issued); err == nil {
		out += ", issued " + at.UTC().Format(time.RFC3339)
	}
	return out
}

func short(accessor string) string {
	const most = 8
	accessor = system.Clean(accessor)
	return accessor[:min(most, len(accessor))] + "…"
}

// list lists the keys of a path.
func (s *System) list(ctx context.Context, r right) ([]string, error) {
	var answer struct{ Keys []string }
	found, err := s.read(ctx, call{right: r, list: true}, &answer)
	if found && err == nil && answer.Keys == nil {
		err = s.client.Unusable("the list of "+r.asked()+" holds no keys", "Check that url leads to a Vault or an OpenBao.")
	}
	return answer.Keys, err
}

// origin is what a token was made for. It never changes.
type origin struct{ entity, lease string }

// tooMany says that a server holds more tokens than are looked through.
type tooMany int

func (n tooMany) Error() string { return fmt.Sprintf("there are %d tokens", int(n)) }

// tokensOf returns the tokens of an entity.
func (s *System) tokensOf(ctx context.Context, a *system.Account, i *identity) ([]token, error) {
	if i.entity == nil {
		return nil, nil
	}
	found, err := s.tokens(ctx, func(o origin) bool { return i.has(o.entity) })
	var many tooMany
	if errors.As(err, &many) {
		a.Refusals[system.EndSessions] = s.refused(fault.ErrConfig,
			fmt.Sprintf("The system %q holds %d tokens, and at most %d are looked through for those of an account.", s.config.Name, int(many), mostTokens),
			"Give tokens a shorter life, or use batch tokens, which end with the entity. Or leave end_sessions out: a disabled entity is refused with every token.")
		return nil, nil
	}
	return found, err
}

// tokens looks through all tokens of the server: Vault keeps no list of those of an entity.
func (s *System) tokens(ctx context.Context, want func(origin) bool) ([]token, error) {
	accessors, err := s.list(ctx, listTokens)
	if err != nil {
		return nil, err
	}
	if len(accessors) > mostTokens {
		return nil, tooMany(len(accessors))
	}
	accessors = slices.DeleteFunc(accessors, func(accessor string) bool {
		known, ok := s.origins.Load(accessor)
		o, _ := known.(origin)
		return ok && !want(o)
	})
	found, err := system.Gather(ctx, parallel, accessors, s.tokenOf)
	if err != nil {
		return nil, err
	}
	if err := s.ended(ctx, accessors, found); err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(t token) bool { return t.Accessor == "" || !want(t.origin()) })
	slices.SortFunc(found, func(a, b token) int { return strings.Compare(a.Issued+a.Accessor, b.Issued+b.Accessor) })
	return found, nil
}

// ended makes sure that accessors which were refused are those of tokens that have ended
// since they were listed. A token that is still there could be one of the account.
func (s *System) ended(ctx context.Context, accessors []string, found []token) error {
	refused := make(map[string]bool)
	for n, t := range found {
		if t.Accessor == "" {
			refused[accessors[n]] = true
		}
	}
	if len(refused) == 0 {
		return nil
	}
	left, err := s.list(ctx, listTokens)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(left, func(accessor string) bool { return refused[accessor] }) {
		return s.client.Unusable("it lists a token that it does not show ("+readToken.asked()+")", "Check the policy of custody's token: "+readToken.text())
	}
	return nil
}

// tokenOf reads the token of an accessor; the zero token if it is refused.
func (s *System) tokenOf(ctx context.Context, accessor string) (token, error) {
	r, err := s.ask(ctx, call{right: readToken, body: map[string]string{"accessor": accessor}})
	if err != nil {
		return token{}, err
	}
	var answer struct{ Data token }
	switch r.Status {
	case http.StatusOK:
		if err := r.JSON(&answer); err != nil || answer.Data.Accessor != accessor {
			return token{}, s.client.Malformed(r, "it is not what Vault answers to "+readToken.asked())
		}
		s.origins.Store(accessor, answer.Data.origin())
		return answer.Data, nil
	case http.StatusBadRequest, http.StatusNotFound, http.StatusForbidden:
		return token{}, nil // it has probably ended since it was listed
	}
	return token{}, s.client.Refused(r)
}

// leasesBelow adds the leases below a prefix.
func (s *System) leasesBelow(ctx context.Context, prefix []string, into *[]string) error {
	const deepest = 12
	keys, err := s.list(ctx, listLeases(prefix))
	if err != nil {
		return err
	}
	for _, key := range keys {
		name, folder := strings.CutSuffix(key, "/")
		below := append(slices.Clone(prefix), name)
		switch {
		case len(*into) >= mostLeases || len(below) > deepest:
			return s.client.Unusable(fmt.Sprintf("there are more than %d leases below %s", mostLeases, strings.Join(prefix, "/")), "Give leases a shorter life, or name narrower prefixes in leases.")
		case folder:
			if err := s.leasesBelow(ctx, below, into); err != nil {
				return err
			}
		default:
			*into = append(*into, strings.Join(below, "/"))
		}
	}
	return nil
}

// EndSessions destroys the secret IDs of the role, revokes the leases that belong to the
// account and waits for each, and revokes its tokens: in this order, so that nothing new
// is issued in between.
func (s *System) EndSessions(ctx context.Context, a *system.Account) error {
	i, err := s.asRead(a, system.EndSessions)
	if err != nil {
		return err
	}
	if i.role != nil {
		if err := s.destroySecretIDs(ctx, i); err != nil {
			return err
		}
	}
	// Without sync, Vault accepts and does it later.
	if err := s.endEach(ctx, revokeLease, "lease_id", i.leases, map[string]any{"sync": true}); err != nil {
		return err
	}
	accessors := make([]string, len(i.tokens))
	for n, t := range i.tokens {
		accessors[n] = t.Accessor
	}
	return s.endEach(ctx, revokeToken, "accessor", accessors, nil)
}

// endEach asks for the end of each, whatever becomes of the others.
func (s *System) endEach(ctx context.Context, by right, field string, names []string, with map[string]any) error {
	_, err := system.Gather(ctx, parallel, names, func(ctx context.Context, name string) (struct{}, error) {
		body := map[string]any{field: name}
		maps.Copy(body, with)
		r, err := s.ask(ctx, call{right: by, summary: summarySwitch, body: body, acts: true})
		switch {
		case err != nil:
			return struct{}{}, err
		case r.Status == http.StatusForbidden:
			return struct{}{}, s.lacks(fault.ErrDenied, summarySwitch, "end the sessions of the account", by)
		case r.Status >= 300:
			return struct{}{}, s.at(summarySwitch).Refused(r)
		}
		return struct{}{}, nil
	})
	return err
}

// destroySecretIDs destroys the secret IDs of a role. Vault fails where one is gone
// already, so what it holds afterwards counts.
func (s *System) destroySecretIDs(ctx context.Context, i *identity) error {
	err := s.endEach(ctx, destroySecretID(i.role), "secret_id_accessor", i.secretIDs, nil)
	if err == nil || errors.Is(err, fault.ErrDenied) || ctx.Err() != nil {
		return err
	}
	left, listErr := s.list(ctx, listSecretIDs(i.role))
	if listErr != nil || slices.ContainsFunc(i.secretIDs, func(accessor string) bool { return slices.Contains(left, accessor) }) {
		return err
	}
	return nil
}
