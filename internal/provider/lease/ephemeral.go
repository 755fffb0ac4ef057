// Package lease holds the ephemeral resource custody_lease: a credential for the time
// of a run.
package lease

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/effect"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/grant"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// The texts under which Terraform folds warnings.
const (
	refusedSummary  = "Lease Is Refused"
	observedSummary = "Lease Is Only Given Because the Policy Is Observed"
	leftSummary     = "Role of an Ended Lease Is Left"
	sweepSummary    = "Unable to Remove Expired Lease"
	openSummary     = "Unable to Close Lease"

	interruptedSummary = "Interrupted Act Was Found"
	unsettledSummary   = "Unable to Settle Interrupted Act"
)

var errGone = errors.New("the lease is gone")

// Resource is custody_lease.
type Resource struct {
	run *run.Run
}

var (
	_ ephemeral.EphemeralResourceWithConfigure      = (*Resource)(nil)
	_ ephemeral.EphemeralResourceWithValidateConfig = (*Resource)(nil)
	_ ephemeral.EphemeralResourceWithRenew          = (*Resource)(nil)
	_ ephemeral.EphemeralResourceWithClose          = (*Resource)(nil)
)

// New returns the ephemeral resource.
func New() ephemeral.EphemeralResource { return &Resource{} }

// Metadata names the ephemeral resource.
func (r *Resource) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_lease"
}

// Schema returns the schema.
func (r *Resource) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = leaseSchema
}

// Configure takes the run over from the provider.
func (r *Resource) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	r.run = run.From(req.ProviderData, &resp.Diagnostics)
}

// ValidateConfig checks what no single attribute can.
func (r *Resource) ValidateConfig(ctx context.Context, req ephemeral.ValidateConfigRequest, resp *ephemeral.ValidateConfigResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !m.TTL.IsUnknown() && !m.MaxTTL.IsUnknown() {
		m.spans(&resp.Diagnostics)
	}
	if !m.ActAs.IsUnknown() && value.WhollyKnown(m.GrantRoles) {
		m.acting(&resp.Diagnostics)
	}
}

// kept is what a renewal and the end need to know. It is in no file.
type kept struct {
	Target    string        `json:"target"`
	Name      string        `json:"name"`
	For       string        `json:"for"`
	TTL       time.Duration `json:"ttl"`
	Latest    time.Time     `json:"latest"`
	ExpiresAt time.Time     `json:"expires_at"`
}

// privateKey is the key under which Terraform keeps it for the run.
const privateKey = "lease"

// Open gives the lease, if the facts of this moment justify it.
func (r *Resource) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || r.run == nil {
		return
	}
	m.without()
	if m.Enabled.IsNull() || m.Enabled.ValueBool() {
		if k := r.open(ctx, &m, &resp.Diagnostics); k != nil {
			resp.RenewAt = r.renewAt(k)
			resp.Diagnostics.Append(resp.Private.SetKey(ctx, privateKey, k.text())...)
		}
	}
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.Result.Set(ctx, &m)...)
	}
}

// open opens the lease and shows it. It returns nil if there is none.
func (r *Resource) open(ctx context.Context, m *model, diags *diag.Diagnostics) *kept {
	by, err := r.run.Targets.Leases(m.Target.ValueString())
	if err != nil {
		operation.Open.Report(diags, path.Root("target"), err)
		return nil
	}
	ttl, longest := m.spans(diags)
	m.acting(diags)
	if diags.HasError() {
		return nil
	}
	s := grant.Stand(ctx, r.run, m.Grant, path.Root(attributeGrant), diags)
	if s == nil || !m.justified(s, diags) {
		return nil
	}
	ctx, end := r.run.Targets.Within(ctx)
	defer end()
	r.sweep(ctx, by, diags)
	o := system.NewLeaseOrder()
	o.For, o.Roles, o.ActAs = s.ID, value.TextsOf(m.GrantRoles.Elements()), m.ActAs.ValueString()
	o.End = system.LeaseEnd{TTL: ttl, Latest: s.ExpiresAt}
	result := r.do(ctx, diags, opening(by, &o))
	if result.Err != nil || result.State == nil {
		if !result.Known || result.State != nil {
			// It is there or may be, and nobody gets it. What cannot be closed now ends by itself.
			r.do(context.WithoutCancel(ctx), diags, closing(by, o.Name, "opening it has failed"))
		}
		operation.Open.Report(diags, at(result.Err), r.run.Targets.Interrupted(result.Err))
		return nil
	}
	k := &kept{Target: by.Name(), Name: o.Name, For: o.For, TTL: ttl, ExpiresAt: result.State.ExpiresAt, Latest: result.State.ExpiresAt.Add(longest - ttl)}
	if !s.ExpiresAt.IsZero() && k.Latest.After(s.ExpiresAt) {
		k.Latest = s.ExpiresAt
	}
	m.show(&o, k.ExpiresAt, by.LeaseAddress(o.Name, o.Password))
	return k
}

// do does what a lease needs, and records it where there is a register.
func (r *Resource) do(ctx context.Context, diags *diag.Diagnostics, a effect.Act[*system.Lease]) effect.Result[*system.Lease] {
	result := effect.Do(ctx, r.run.Register.Recorder(), a)
	warnFound(result.Found, diags)
	if result.Err != nil && !result.Begun { // otherwise the outcome of the act says so
		r.run.Refused(ctx, operation.Open, a.Object, result.Err)
	}
	return result
}

// at is the attribute that an error of opening is about.
func at(err error) path.Path {
	if errors.Is(err, fault.ErrConfig) || errors.Is(err, fault.ErrDenied) {
		return path.Root("grant_roles")
	}
	return path.Root("target")
}

// justified reports whether a lease may be opened, and says so if it may not.
func (m *model) justified(s *grant.Standing, diags *diag.Diagnostics) bool {
	const advice = "Make a new plan: it shows what follows from these facts. If a fact is wrong, correct it in its own system first."
	m.Status, m.Because = types.StringValue(unknownStatus), value.Texts(s.Because)
	if s.Status != "" {
		m.Status = types.StringValue(s.Status)
	}
	switch {
	case s.Active && s.Given:
		if s.Would != "" {
			operation.Open.Warn(diags, path.Root(attributeGrant), observedSummary, &fault.Fault{
				Happened:    fmt.Sprintf("The policy of %s is only observed. Enforced, its status would be %s, and no lease would be opened.", s.ID, s.Would),
				Consequence: "The lease is opened.", Items: s.Because, Advice: "Act on the findings before the policy is enforced.",
			})
		}
		return true
	case m.Strict.IsNull() || m.Strict.ValueBool():
		operation.Open.Report(diags, path.Root(attributeGrant), s.Refusal(refusedSummary, advice))
	case len(s.Moved) > 0:
		operation.Open.Warn(diags, path.Root(attributeGrant), refusedSummary, s.Refusal(refusedSummary, advice))
	}
	return false
}

// sweep closes what runs that were killed have left. It never keeps a lease from being
// opened.
func (r *Resource) sweep(ctx context.Context, by system.Leases, diags *diag.Diagnostics) {
	names, err := by.ExpiredLeases(ctx)
	if err != nil {
		return // opening the lease asks the same system, and reports it
	}
	for _, name := range names {
		if err := r.do(ctx, diags, closing(by, name, "its end has passed")).Err; err != nil && ctx.Err() == nil {
			operation.Open.Warn(diags, path.Root("target"), sweepSummary, err)
		}
	}
	r.settle(ctx, by, diags)
}

// settle says what became of leases that other runs have begun to open, renew or close and
// are not known to have: nobody else would ask for them, because their names are random. It
// closes what is left of those that were not being renewed.
func (r *Resource) settle(ctx context.Context, by system.Leases, diags *diag.Diagnostics) {
	names, err := r.run.Register.Left(ctx, by.Name())
	if err != nil {
		return // what has to be recorded before the lease is opened reports it
	}
	var found []string
	for _, name := range names {
		if !strings.HasPrefix(name, system.LeasePrefix) {
			continue // an account, which its own resource settles
		}
		became, err := r.settleOne(ctx, by, name, diags)
		if err != nil && ctx.Err() == nil {
			operation.Open.Warn(diags, path.Root("target"), unsettledSummary, err)
		}
		found = append(found, became...)
	}
	if len(found) > 0 { // in one warning: Terraform shows only the first of several
		warnFound([]string{strings.Join(found, "\n")}, diags)
	}
}

// settleOne says what became of one lease, each in a full sentence.
func (r *Resource) settleOne(ctx context.Context, by system.Leases, name string, diags *diag.Diagnostics) ([]string, error) {
	rec := r.run.Register.Recorder()
	begun, err := rec.Open(ctx, by.Name(), name)
	if err != nil {
		return nil, err
	}
	found, err := effect.Settle(ctx, rec, act(by, name, ""))
	if err != nil || len(begun) == 0 || slices.ContainsFunc(begun, renews) {
		return found, err
	}
	result := r.do(ctx, diags, closing(by, name, "the run that had begun to change it was interrupted"))
	if len(result.Done) > 0 && result.Err == nil {
		found = append(found, fmt.Sprintf("The lease %q in the system %q, which that run has left, is closed now.", name, by.Name()))
	}
	return found, result.Err
}

// renews reports whether an act was to renew a lease, which may be in use then.
func renews(i effect.Intent) bool {
	return slices.ContainsFunc(i.Steps, func(step string) bool { return strings.HasPrefix(step, stepRenew) })
}

func warnFound(found []string, diags *diag.Diagnostics) {
	for _, sentence := range found {
		diags.AddAttributeWarning(path.Root("target"), interruptedSummary, sentence)
	}
}

// renewAt is when Terraform renews the lease, by the clock of the machine; zero if it
// is not to be renewed.
func (r *Resource) renewAt(k *kept) time.Time {
	if !k.ExpiresAt.Before(k.Latest) {
		return time.Time{}
	}
	return r.run.Clock.Now().Add(k.TTL / 2)
}

// Renew moves the end of the lease later, within its limits. The facts are those of the
// run, so they are not asked again.
func (r *Resource) Renew(ctx context.Context, req ephemeral.RenewRequest, resp *ephemeral.RenewResponse) {
	text, diags := req.Private.GetKey(ctx, privateKey)
	resp.Diagnostics.Append(diags...)
	if k := r.renew(ctx, text, &resp.Diagnostics); k != nil {
		resp.RenewAt = r.renewAt(k)
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, privateKey, k.text())...)
	}
}

func (r *Resource) renew(ctx context.Context, text []byte, diags *diag.Diagnostics) *kept {
	k, by := r.recall(text, diags)
	if k == nil {
		return nil
	}
	ctx, end := r.run.Targets.Within(ctx)
	defer end()
	result := r.do(ctx, diags, renewing(by, k))
	if result.Err != nil {
		operation.Open.Report(diags, path.Root("target"), result.Err)
		return nil
	}
	k.ExpiresAt = result.State.ExpiresAt
	return k
}

// Close ends the lease and removes it, also after an interrupt.
func (r *Resource) Close(ctx context.Context, req ephemeral.CloseRequest, resp *ephemeral.CloseResponse) {
	text, diags := req.Private.GetKey(ctx, privateKey)
	resp.Diagnostics.Append(diags...)
	r.close(context.WithoutCancel(ctx), text, &resp.Diagnostics)
}

func (r *Resource) close(ctx context.Context, text []byte, diags *diag.Diagnostics) {
	k, by := r.recall(text, diags)
	if k == nil {
		return
	}
	result := r.do(ctx, diags, closing(by, k.Name, k.For))
	switch {
	case result.Err == nil:
	case result.Known && shows(result.State, stepEnd):
		operation.Open.Warn(diags, path.Root("target"), leftSummary, result.Err)
	default:
		operation.Open.Report(diags, path.Root("target"), closeFault(k, result.Err))
	}
}

// closeFault says what becomes of a lease that could not be closed.
func closeFault(k *kept, err error) error {
	f := &fault.Fault{Summary: openSummary, Happened: fmt.Sprintf("The lease %q in the system %q could not be closed: %v.", k.Name, k.Target, err)}
	var known *fault.Fault
	if errors.As(err, &known) {
		copied := *known
		f = &copied
		f.Summary = openSummary
	}
	f.Consequence += " The lease ends by itself: its password is accepted until " + value.Stamp(k.ExpiresAt) + ". The next run that opens a lease there removes it."
	return f
}

// recall reads what was kept, and finds the system; it returns nil if nothing was kept
// or an error was reported.
func (r *Resource) recall(text []byte, diags *diag.Diagnostics) (*kept, system.Leases) {
	if len(text) == 0 || diags.HasError() || r.run == nil {
		return nil, nil
	}
	k := &kept{}
	if err := json.Unmarshal(text, k); err != nil {
		operation.Open.Report(diags, path.Root("target"), &fault.Fault{
			Summary: openSummary, Happened: "What Terraform kept of the lease cannot be read.", Advice: "Please report this to the provider's developers.", Err: err,
		})
		return nil, nil
	}
	by, err := r.run.Targets.Leases(k.Target)
	if err != nil {
		operation.Open.Report(diags, path.Root("target"), err)
		return nil, nil
	}
	return k, by
}

func (k *kept) text() []byte {
	text, err := json.Marshal(k)
	if err != nil {
		panic("lease: " + err.Error()) // a struct of texts and instants
	}
	return text
}
