package ldap

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-ldap/ldap/v3"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/paging"
)

const (
	mostEntries = 200_000 // of one search; a team is smaller

	controlDomainScope = "1.2.840.113556.1.4.1339" // LDAP_SERVER_DOMAIN_SCOPE_OID
)

// query is one search.
type query struct {
	base   string
	scope  int
	filter string
	read   []string
	first  bool // one entry is enough; whether there are more does not matter
	absent bool // the base may be missing, and then nothing is found
}

var (
	errReferred  = errors.New("a part of the answer is on another server")
	errRepeating = errors.New("the pages of the answer repeat themselves")
	errEndless   = errors.New("the answer has no end")
	errTooMany   = fmt.Errorf("the answer has more than %d entries", mostEntries)
)

// search returns all entries that a query finds, or an error: never a part of
// them. A connection that is lost is replaced once, and the search starts
// again.
func (s *System) search(ctx context.Context, q query) ([]*ldap.Entry, error) {
	found, err := s.searchOnce(ctx, q, false)
	if lost(err) && ctx.Err() == nil {
		found, err = s.searchOnce(ctx, q, true)
	}
	if err == nil {
		return found, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if tooLong(err) {
		return nil, &listError{s.fault(q, err)}
	}
	return nil, s.fault(q, err)
}

// lost reports whether the connection was lost during a search. A connection
// that could not be opened, or was too slow, is not replaced.
func lost(err error) bool {
	var opening *dialError
	var flawed *fault.Fault
	if err == nil || errors.As(err, &opening) || errors.As(err, &flawed) {
		return false
	}
	for _, known := range []error{errTooSlow, errReferred, errRepeating, errEndless, errTooMany} {
		if errors.Is(err, known) {
			return false
		}
	}
	// Other errors come from the library: a request that could not be sent, or an
	// answer that is not LDAP.
	var e *ldap.Error
	return !errors.As(err, &e) || e.ResultCode == ldap.ErrorNetwork
}

func (s *System) searchOnce(ctx context.Context, q query, fresh bool) ([]*ldap.Entry, error) {
	l, err := s.pool.lend(ctx, fresh)
	if err != nil {
		return nil, err
	}
	found, err := s.pages(ctx, l, q)
	var e *ldap.Error
	answered := err == nil || errors.As(err, &e) && e.ResultCode < ldap.ErrorNetwork
	s.pool.giveBack(l, answered && ctx.Err() == nil)
	return found, err
}

// pages reads one page after the other. Every search is paged: without it, a
// server cuts long answers off.
func (s *System) pages(ctx context.Context, l *link, q query) ([]*ldap.Entry, error) {
	control := ldap.NewControlPaging(uint32(s.config.PageSize)) //nolint:gosec // checked to be between 1 and 1000
	request := s.request(q, control)
	var found []*ldap.Entry
	seen := make(map[string]bool)
	walk := paging.Begin(clock.System{}, s.config.Name, "entries")
	for {
		answer, err := s.ask(ctx, l, request)
		if q.first && answer != nil && len(answer.Entries) > 0 && (err == nil || ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded)) {
			return answer.Entries[:1], nil
		}
		if q.absent && ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if len(answer.Referrals) > 0 {
			return nil, errReferred
		}
		before := len(found)
		for _, e := range answer.Entries {
			if !seen[e.DN] {
				seen[e.DN] = true
				found = append(found, e)
			}
		}
		if len(found) > mostEntries {
			return nil, errTooMany
		}
		cookie := cookieOf(answer)
		if len(cookie) == 0 {
			return found, nil
		}
		if len(answer.Entries) > 0 && len(found) == before {
			return nil, errRepeating
		}
		if reason := walk.Page(ctx, len(found)-before); reason != "" {
			return nil, fmt.Errorf("%w: %s", errEndless, reason)
		}
		control.SetCookie(cookie)
	}
}

func (s *System) request(q query, pages *ldap.ControlPaging) *ldap.SearchRequest {
	controls, limit := []ldap.Control{pages}, 0
	if q.first {
		controls, limit = nil, 1
	}
	if s.profile.activeDirectory {
		// Without it, a search under the root of a domain always ends with references
		// to the partitions of the domain, which do not show what they hide.
		controls = append(controls, ldap.NewControlString(controlDomainScope, true, ""))
	}
	return ldap.NewSearchRequest(q.base, q.scope, ldap.NeverDerefAliases, limit, 0, false, q.filter, q.read, controls)
}

func cookieOf(answer *ldap.SearchResult) []byte {
	if c, ok := ldap.FindControl(answer.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging); ok {
		return c.Cookie
	}
	return nil
}

// ask sends one request. The library does not support contexts; closing its
// connection has the same effect.
func (s *System) ask(ctx context.Context, l *link, request *ldap.SearchRequest) (*ldap.SearchResult, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, s.config.Timeout, errTooSlow)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = l.raw.Close() })
	answer, err := l.conn.Search(request)
	if !stop() {
		return nil, context.Cause(ctx)
	}
	return answer, err
}

// subtree searches below several bases. An entry that is below two of them is
// found once.
func (s *System) subtree(ctx context.Context, bases []branch, filter string, read []string) ([]*ldap.Entry, error) {
	var out []*ldap.Entry
	seen := make(map[string]bool)
	for _, base := range bases {
		found, err := s.search(ctx, query{base: base.text, scope: ldap.ScopeWholeSubtree, filter: filter, read: read})
		if err != nil {
			return nil, err
		}
		for _, e := range found {
			if dn := foldDN(e.DN); !seen[dn] {
				seen[dn] = true
				out = append(out, e)
			}
		}
	}
	return out, nil
}

// entry reads one entry that the filter matches; nil if there is none.
func (s *System) entry(ctx context.Context, dn, filter string, read []string) (*ldap.Entry, error) {
	found, err := s.search(ctx, query{base: dn, scope: ldap.ScopeBaseObject, filter: filter, read: read, absent: true})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// branch is a part of the directory. Its name is sent as it was configured: not
// every server understands every way to escape the same name.
type branch struct {
	text string
	dn   *ldap.DN
}

// foldDN returns a distinguished name for comparing.
func foldDN(text string) string {
	dn, err := ldap.ParseDN(text)
	if err != nil {
		return system.Fold(text)
	}
	return system.Fold(dn.String())
}

// within reports whether dn is one of the bases or below one.
func within(dn *ldap.DN, bases []branch) bool {
	for _, base := range bases {
		if base.dn.EqualFold(dn) || base.dn.AncestorOfFold(dn) {
			return true
		}
	}
	return false
}
