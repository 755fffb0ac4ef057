package vault

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

const (
	adviceReport = "Please report this to the provider's developers."
	adviceAgain  = "Plan again, and look at what the plan shows."
)

// right is what a policy has to allow.
type right struct {
	path         []string // the path that is asked for
	rule         string   // the path in the rule of a policy; empty for the same
	capabilities []string
}

func (r right) asked() string { return strings.Join(r.path, "/") }

// text writes the rule of a policy that gives exactly this right.
func (r right) text() string {
	path := r.rule
	if path == "" {
		path = r.asked()
	}
	return fmt.Sprintf("path %q { capabilities = [%s] }", path, words(r.capabilities, ", "))
}

func words(list []string, between string) string {
	out := make([]string, len(list))
	for i, one := range list {
		out[i] = fmt.Sprintf("%q", one)
	}
	return strings.Join(out, between)
}

// call is one request.
type call struct {
	right
	summary string // of what becomes of it if it fails; that of reading if empty
	body    any    // sent with POST; without one it is a GET
	list    bool
	acts    bool // it changes something
}

// ask sends a request. An answer with any status is an answer.
func (s *System) ask(ctx context.Context, c call) (*httpclient.Response, error) {
	r := httpclient.Request{Path: append([]string{"v1"}, c.path...), Body: c.body, Reads: !c.acts}
	if c.body != nil {
		r.Method = http.MethodPost
	}
	if c.list { // proxies know no method LIST
		r.Query = url.Values{"list": {"true"}}
	}
	return s.at(c.summary).Do(ctx, r)
}

func (s *System) at(summary string) *httpclient.Client {
	if summary == "" {
		return s.client
	}
	return s.client.For(summary)
}

// read asks for what must be there, and reads the data of the answer. It reports false
// for what is not there.
func (s *System) read(ctx context.Context, c call, into any) (bool, error) {
	r, err := s.ask(ctx, c)
	if err != nil {
		return false, err
	}
	switch r.Status {
	case http.StatusOK:
	case http.StatusNoContent, http.StatusNotFound:
		// Vault answers a look-up and a path so where there is nothing. Others do so as well.
		if r.Status == http.StatusNotFound && !answeredByVault(r) || r.Status == http.StatusNoContent && c.body == nil {
			return false, s.at(c.summary).Refused(r)
		}
		return false, nil
	case http.StatusForbidden:
		return false, s.lacks(fault.ErrUnavailable, c.summary, "read it", c.right)
	default:
		return false, s.at(c.summary).Refused(r)
	}
	answer := struct{ Data any }{into}
	if err := r.JSON(&answer); err != nil {
		return false, s.at(c.summary).Malformed(r, "it is not what Vault answers to "+c.asked())
	}
	return true, nil
}

// answeredByVault reports whether an answer that something is not there is one of Vault,
// which lists errors in all of them: none where a path holds nothing.
func answeredByVault(r *httpclient.Response) bool {
	var answer struct{ Errors *[]string }
	return r.JSON(&answer) == nil && answer.Errors != nil && len(*answer.Errors) == 0
}

// lacks says which rights are missing, and how to give exactly these.
func (s *System) lacks(kind error, summary, act string, rights ...right) error {
	if summary == "" {
		summary = summaryAccount
	}
	missing, rules := make([]string, len(rights)), make([]string, len(rights))
	for i, r := range rights {
		missing[i], rules[i] = words(r.capabilities, " and ")+" on "+r.asked(), r.text()
	}
	return &fault.Fault{
		Kind: kind, Summary: summary,
		Happened: s.client.Sentence(fmt.Sprintf("The token with which custody asks the system %q lacks what it takes to %s: %s.", s.config.Name, act, strings.Join(missing, "; "))),
		Advice:   "Add exactly this to its policy: " + s.client.Sentence(strings.Join(rules, " ")),
	}
}

// myself is the token with which custody asks.
type myself struct {
	EntityID string `json:"entity_id"`
}

// whoami reads custody's own token: what refuses a dead token shows here, before the
// answers to other questions could look like missing rights.
func (s *System) whoami(ctx context.Context) (*myself, error) {
	c := call{right: right{path: []string{"auth", "token", "lookup-self"}, capabilities: []string{"read"}}}
	r, err := s.ask(ctx, c)
	if err != nil {
		return nil, err
	}
	if r.Status == http.StatusForbidden {
		from := httpclient.Variable(s.config.Name, attributeToken)
		if s.config.Token == "" {
			from = "the role of AppRole"
		}
		return nil, &fault.Fault{
			Kind: fault.ErrUnavailable, Summary: summaryAccount,
			Happened: fmt.Sprintf("The system %q refused custody's own token (status %d): it is wrong, expired or revoked, or lacks both the policy default and \"read\" on %s.",
				s.config.Name, r.Status, c.asked()),
			Advice: "Check " + from + ". A token has to live as long as a run.",
		}
	}
	var answer struct{ Data *myself }
	if r.Status != http.StatusOK {
		return nil, s.client.Refused(r)
	}
	if err := r.JSON(&answer); err != nil || answer.Data == nil {
		return nil, s.client.Malformed(r, "it is not what Vault answers to "+c.asked())
	}
	return answer.Data, nil
}

// missing returns which of some rights the token lacks. Where it may not ask, none is
// known to be missing.
func (s *System) missing(ctx context.Context, rights []right) ([]right, error) {
	paths := make([]string, len(rights))
	for i, r := range rights {
		paths[i] = r.asked()
	}
	c := call{right: right{path: []string{"sys", "capabilities-self"}}, body: map[string]any{"paths": paths}}
	r, err := s.ask(ctx, c)
	if err != nil {
		return nil, err
	}
	if r.Status == http.StatusForbidden {
		return nil, nil
	}
	var answer struct{ Data map[string]any }
	if r.Status != http.StatusOK {
		return nil, s.client.Refused(r)
	}
	if err := r.JSON(&answer); err != nil {
		return nil, s.client.Malformed(r, "it is not what Vault answers to "+c.asked())
	}
	var out []right
	for _, one := range rights {
		given, ok := answer.Data[one.asked()].([]any)
		if !ok {
			return nil, s.client.Malformed(r, "it does not say what the token may do with "+one.asked())
		}
		has := func(capability string) bool { return slices.Contains(given, any(capability)) }
		lacking := slices.DeleteFunc(slices.Clone(one.capabilities), has)
		if !has("root") && len(lacking) > 0 {
			one.capabilities = lacking
			out = append(out, one)
		}
	}
	return out, nil
}
