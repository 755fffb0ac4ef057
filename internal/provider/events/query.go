package events

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/register"
)

// query is what a custody_events asks for.
type query struct {
	workspace, subject string
	kinds, controls    []string
	since, until       time.Time
	limit              int
	checkpoints        []register.Checkpoint
	keys               []ed25519.PublicKey
}

// query reads the arguments. provided is the workspace of the provider block.
func (m *model) query(provided string, diags *diag.Diagnostics) *query {
	q := &query{
		workspace: provided, subject: m.Subject.ValueString(), kinds: value.TextsOf(m.Kinds.Elements()), controls: value.TextsOf(m.Controls.Elements()),
		since: value.InstantOf(m.Since), until: value.InstantOf(m.Until), limit: defaultLimit,
	}
	if !m.Workspace.IsNull() {
		q.workspace = m.Workspace.ValueString()
	}
	if !m.Limit.IsNull() {
		q.limit = int(m.Limit.ValueInt64())
	}
	refuse := func(at path.Path, summary string, err error, advice string) {
		operation.Read.Report(diags, at, &fault.Fault{Kind: fault.ErrConfig, Summary: summary, Happened: fault.Sentence(err), Advice: advice})
	}
	for i, text := range value.TextsOf(m.PublicKeys.Elements()) {
		key, err := register.ParseVerifyingKey(text)
		if err != nil {
			refuse(path.Root("public_keys").AtListIndex(i), "Invalid Public Key", err, "Pass the whole file with file().")
			continue
		}
		q.keys = append(q.keys, key)
	}
	for i, text := range value.TextsOf(m.Checkpoints.Elements()) {
		c, err := register.ParseCheckpoint(text)
		if err != nil {
			refuse(path.Root("checkpoints").AtListIndex(i), "Invalid Checkpoint", err, "Pass the lines of a file with compact(split(\"\\n\", file(…))).")
			continue
		}
		q.checkpoints = append(q.checkpoints, c)
	}
	if len(q.checkpoints) > 0 && m.PublicKeys.IsNull() {
		refuse(path.Root("public_keys"), "Checkpoints Need a Public Key", errors.New("checkpoints are given, and no key to verify them with"),
			"Set public_keys, or leave checkpoints out.")
	}
	return q
}

// entry is an event with what evidence needs of its body.
type entry struct {
	register.Event
	parsed body
}

// body is what is read of the body of an event. Bodies of other kinds have other keys,
// which are shown as they are.
type body struct {
	Action      string               `json:"action"`
	Attestation *struct{ By string } `json:"attestation"`
	Because     []string             `json:"because"`
	Controls    map[string][]string  `json:"controls"`
	Exception   *struct {
		ApprovedBy string `json:"approved_by"`
	} `json:"exception"`
	Holder    string            `json:"holder"`
	Issued    []string          `json:"issued"`
	Names     map[string]string `json:"names"`
	Result    string            `json:"result"`
	Status    string            `json:"status"`
	Target    string            `json:"target"`
	What      string            `json:"what"`
	Withdrawn []string          `json:"withdrawn"`
}

func newEntry(e register.Event) entry {
	out := entry{Event: e}
	if json.Unmarshal([]byte(e.Body), &out.parsed) != nil {
		out.parsed = body{} // shown as it is
	}
	return out
}

// controls returns the controls that the event serves, sorted, each once.
func (e *entry) controls() []string {
	var out []string
	for _, list := range e.parsed.Controls {
		out = append(out, list...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// result is what a query found.
type result struct {
	events  []entry
	leftOut int
}

// read returns the newest events that match, oldest first.
func (q *query) read(ctx context.Context, r *register.Register) (*result, error) {
	found := &result{}
	for e, err := range r.Events(ctx, q.workspace, 0) {
		if err != nil {
			return nil, err
		}
		entry := newEntry(e)
		if !q.matches(&entry) {
			continue
		}
		found.events = append(found.events, entry)
		if len(found.events) >= 2*q.limit { // so that they are moved rarely
			found.keep(q.limit)
		}
	}
	found.keep(q.limit)
	return found, nil
}

// keep keeps the newest events.
func (r *result) keep(limit int) {
	if more := len(r.events) - limit; more > 0 {
		r.events = slices.Clone(r.events[more:])
		r.leftOut += more
	}
}

func (q *query) matches(e *entry) bool {
	switch {
	case q.subject != "" && e.Subject != q.subject,
		!q.since.IsZero() && e.At.Before(q.since),
		!q.until.IsZero() && !e.At.Before(q.until),
		len(q.kinds) > 0 && !slices.ContainsFunc(q.kinds, func(k string) bool { return begins(e.Kind, k, ".") }):
		return false
	}
	return len(q.controls) == 0 || slices.ContainsFunc(e.controls(), q.wants)
}

// wants reports whether a control is asked for.
func (q *query) wants(control string) bool {
	return len(q.controls) == 0 || slices.ContainsFunc(q.controls, func(c string) bool { return begins(control, c, " ") })
}

// begins reports whether a text is the given one, or begins with it and the separator.
func begins(text, with, separator string) bool {
	return text == with || strings.HasPrefix(text, with+separator)
}

// The variables that name the key of checkpoints. It is never in the register.
const (
	keyVariable     = "CUSTODY_CHECKPOINT_KEY"
	keyFileVariable = "CUSTODY_CHECKPOINT_KEY_FILE"
)

// signingKey returns the key that the environment gives; nil without one.
func signingKey() (ed25519.PrivateKey, error) {
	text, from := os.Getenv(keyVariable), keyVariable
	if file := os.Getenv(keyFileVariable); text == "" && file != "" {
		const most = 64 << 10
		from = keyFileVariable
		info, err := os.Stat(file) //nolint:gosec // the path is what the user configured
		var data []byte
		if err == nil && info.Mode().IsRegular() && info.Size() <= most {
			data, err = os.ReadFile(file) //nolint:gosec // the path is what the user configured
		}
		var problem *fs.PathError
		if errors.As(err, &problem) {
			err = problem.Err
		}
		if err != nil || len(data) == 0 {
			return nil, badKey(from, errors.Join(errors.New("the file is no regular file of at most 64 KiB that can be read"), err))
		}
		text = string(data)
	}
	if text == "" {
		return nil, nil
	}
	key, err := register.ParseSigningKey(text)
	if err != nil {
		return nil, badKey(from, err)
	}
	return key, nil
}

func badKey(variable string, err error) error {
	return &fault.Fault{
		Kind: fault.ErrConfig, Summary: "Invalid Checkpoint Key", Happened: "The variable " + variable + " gives no key: " + err.Error() + ".",
		Advice: "Make a key with openssl genpkey -algorithm ed25519, or take the variable out of the environment.",
	}
}
