package grant

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/inventory"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/notice"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/binding"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/tell"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

const day = 24 * time.Hour

// life is a grant in a world with a review queue: each run refreshes, plans and applies
// it as Terraform does.
type life struct {
	t      *testing.T
	clock  *clock.Fake
	queue  *systemtest.FakeReviews
	record lifecycle.Record
	people map[string]*lifecycle.Person
	rules  *lifecycle.Rules

	floating bool // without plan_time
	noQueue  bool
	reminds  bool         // notices are comments in the case
	state    *tfsdk.State // nil before the first apply
	warned   []string     // in the last run
}

func newLife(t *testing.T) *life {
	t.Helper()
	l := &life{t: t, clock: clock.NewFake(time.Date(2030, 1, 15, 9, 0, 0, 0, time.UTC)), people: map[string]*lifecycle.Person{}, rules: policy.Baseline()}
	for _, id := range []string{"ada", "bob", "cyd", "zoe"} {
		l.people[id] = &lifecycle.Person{Directory: "hr", ID: id, Name: strings.ToUpper(id[:1]) + id[1:], Email: id + "@example.org", Username: id,
			Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive, Manager: "cyd"}
	}
	var known []system.Reviewer
	for _, id := range []string{"bob", "cyd", "zoe"} {
		known = append(known, system.Reviewer{Email: id + "@example.org"})
	}
	l.queue = systemtest.NewFakeReviews("support", l.clock, known...)
	l.record = lifecycle.Record{
		ID: "APP-1", Class: "application", Name: "Billing", State: lifecycle.StateInService, Owners: []string{"ada"}, Purpose: "billing",
		Environment: "production", Criticality: "high", VerifiedAt: l.clock.Now().Add(-10 * day),
	}
	return l
}

// configured returns a run as the provider would configure it now.
func (l *life) configured() *run.Run {
	l.t.Helper()
	var people []lifecycle.Person
	for _, p := range l.people {
		people = append(people, *p)
	}
	record := l.record
	if record.VerifiedAt.IsZero() {
		record.VerifiedAt = l.clock.Now()
	}
	facts := systemtest.NewFake("hr", systemtest.Seed{Records: []lifecycle.Record{record}, People: people})
	inv, err := inventory.New([]system.System{facts}, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	r := &run.Run{Now: l.clock.Now(), Fixed: !l.floating, Rules: l.rules, Facts: inv, MaxClockJump: 48 * time.Hour}
	r.Brake = run.NewBrake(run.Limits{}, func() (int, bool) { return 0, false })
	if !l.noQueue {
		r.Reviews = &run.Reviews{Reviews: l.queue}
	}
	if l.reminds {
		var diags diag.Diagnostics
		r.Tell = tell.Open(&tell.Notices{Reviews: types.BoolValue(true)}, nil, notice.Usual(), nil, l.clock, &diags)
		l.reports(diags)
	}
	return r
}

// reports fails on errors, and keeps warnings.
func (l *life) reports(diags diag.Diagnostics) {
	l.t.Helper()
	for _, d := range diags {
		if d.Severity() == diag.SeverityError {
			l.t.Fatalf("%s: %s", d.Summary(), d.Detail())
		}
		l.warned = append(l.warned, d.Summary()+": "+d.Detail())
	}
}

// refresh returns the state after a read.
func (l *life) refresh() *tfsdk.State {
	l.t.Helper()
	if l.state == nil {
		return nil
	}
	resp := resource.ReadResponse{State: *l.state}
	(&Resource{run: l.configured()}).Read(l.t.Context(), resource.ReadRequest{State: *l.state}, &resp)
	l.reports(resp.Diagnostics)
	return &resp.State
}

// plan returns what a plan over a state shows; changed reports whether there is a change.
func (l *life) plan(state *tfsdk.State) (*tfsdk.Plan, bool) {
	l.t.Helper()
	r := l.configured()
	q := lifecycle.Question{Asset: lifecycle.Ref{System: "hr", ID: "APP-1"}}
	b, err := r.Assess(l.t.Context(), q)
	if err != nil {
		l.t.Fatal(err)
	}
	m := l.model(state)
	m.keep(types.StringValue(binding.Facts(&b, &q)), m.memory())
	plan := tfsdk.Plan{Schema: grantSchema, Raw: tftypes.NewValue(grantSchema.Type().TerraformType(context.Background()), nil)}
	l.reports(plan.Set(l.t.Context(), m))
	short := false
	before := tfsdk.State{Schema: grantSchema, Raw: tftypes.NewValue(plan.Raw.Type(), nil)}
	if state != nil {
		before = *state
		m := l.model(state)
		short = binding.SameButNames(m.facts().ValueString(), binding.Facts(&b, &q)) && Unchanged(l.t.Context(), l.configured(), plan.Raw, before.Raw)
	}
	resp := resource.ModifyPlanResponse{Plan: plan}
	(&Resource{run: r}).ModifyPlan(l.t.Context(), resource.ModifyPlanRequest{Plan: plan, State: before}, &resp)
	if short && (len(resp.Diagnostics) > 0 || !resp.Plan.Raw.Equal(before.Raw)) {
		l.t.Errorf("the short way leaves the grant alone, and the other one does not: %v", resp.Diagnostics)
	}
	l.reports(resp.Diagnostics)
	return &resp.Plan, !resp.Plan.Raw.Equal(before.Raw)
}

// model reads a state; the arguments of the grant if there is none.
func (l *life) model(state *tfsdk.State) *model {
	l.t.Helper()
	m := &model{}
	if state != nil {
		l.reports(state.Get(l.t.Context(), m))
		return m
	}
	m.Binding = types.ObjectNull(bindingTypes)
	m.Access, m.Risk, m.OnBlock = types.StringValue("key/billing"), types.StringValue("standard"), types.StringValue("remove")
	m.RotateWhenChanged, m.RevokeGenerations = types.MapNull(types.StringType), types.SetNull(types.StringType)
	for name, o := range map[string]*types.Object{"attestation": &m.Attestation, "exception": &m.Exception, "usage": &m.Usage} {
		*o = types.ObjectNull(grantSchema.Attributes[name].GetType().(attr.TypeWithAttributeTypes).AttributeTypes())
	}
	m.unknown()
	m.keep(types.StringUnknown(), types.StringUnknown())
	return m
}

// apply carries a plan out, and holds that the result is what the plan showed.
func (l *life) apply(state *tfsdk.State, plan *tfsdk.Plan) {
	l.t.Helper()
	r := &Resource{run: l.configured()}
	none := tfsdk.State{Schema: grantSchema, Raw: tftypes.NewValue(plan.Raw.Type(), nil)}
	var after tfsdk.State
	if state == nil {
		resp := resource.CreateResponse{State: none}
		r.Create(l.t.Context(), resource.CreateRequest{Plan: *plan}, &resp)
		l.reports(resp.Diagnostics)
		after = resp.State
	} else {
		resp := resource.UpdateResponse{State: *state}
		r.Update(l.t.Context(), resource.UpdateRequest{Plan: *plan, State: *state}, &resp)
		l.reports(resp.Diagnostics)
		after = resp.State
	}
	if !after.Raw.IsFullyKnown() {
		l.t.Fatalf("the apply leaves something open: %s", after.Raw)
	}
	differs, err := plan.Raw.Diff(after.Raw)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, d := range differs {
		if d.Value1 != nil && d.Value1.IsFullyKnown() && (len(d.Path.Steps()) == 0 || d.Value1.IsNull() || d.Value1.Type().Is(tftypes.String)) {
			l.t.Errorf("the plan showed %s = %s, and the apply gives %s", d.Path, d.Value1, d.Value2)
		}
	}
	l.state = &after
}

// run refreshes, plans and applies, and returns the grant. changed reports whether the
// plan had a change.
func (l *life) run() (m *model, changed bool) {
	l.t.Helper()
	l.warned = nil
	state := l.refresh()
	plan, changed := l.plan(state)
	if !changed {
		return l.model(state), false // and nothing is written
	}
	if again, _ := l.plan(state); !again.Raw.Equal(plan.Raw) {
		l.t.Errorf("the same plan is made otherwise: %s", again.Raw)
	}
	l.apply(state, plan)
	return l.model(l.state), true
}

// removes destroys the grant.
func (l *life) removes() {
	l.t.Helper()
	resp := resource.DeleteResponse{State: *l.state}
	(&Resource{run: l.configured()}).Delete(l.t.Context(), resource.DeleteRequest{State: *l.state}, &resp)
	l.reports(resp.Diagnostics)
	l.state = nil
}

// runs runs, and compares status and whether there was a change.
func (l *life) runs(status string, changed bool) *model {
	l.t.Helper()
	m, is := l.run()
	if m.Status.ValueString() != status || is != changed {
		l.t.Fatalf("status %s, changed %t; want %s, %t\n%s\n%s", m.Status.ValueString(), is, status, changed,
			strings.Join(value.TextsOf(m.Because.Elements()), "\n"), strings.Join(l.warned, "\n"))
	}
	return m
}

// quiet holds that nothing changes any more.
func (l *life) quiet() {
	l.t.Helper()
	m, changed := l.run()
	if changed {
		l.t.Fatalf("the run after it changes something: %s, review %s, memory %s", m.Status.ValueString(), m.Review, m.memory().ValueString())
	}
}

// cases lists the cases of the queue: "<id> <status> <assignee>".
func (l *life) cases(want ...string) {
	l.t.Helper()
	var got []string
	for _, c := range l.queue.Cases() {
		name, _, _ := strings.Cut(c.Assignee, "@")
		got = append(got, strings.TrimSpace(c.ID+" "+string(c.Status)+" "+name))
	}
	if !slices.Equal(got, want) {
		l.t.Fatalf("cases %q, want %q", got, want)
	}
}

// says holds that the last run warned of all texts, and of nothing without any.
func (l *life) says(texts ...string) {
	l.t.Helper()
	all := strings.Join(l.warned, "\n")
	if len(texts) == 0 && all != "" {
		l.t.Errorf("warnings: %s", all)
	}
	for _, text := range texts {
		if !strings.Contains(all, text) {
			l.t.Errorf("%q is not in the warnings: %s", text, all)
		}
	}
}

// asked brings the life to where the manager is asked about an owner who is leaving.
func asked(t *testing.T) *life {
	t.Helper()
	l := newLife(t)
	l.runs("active", true)
	l.clock.Advance(day)
	l.people["ada"].Status = lifecycle.PersonLeaving
	l.runs("review", true)
	l.says()
	l.cases("1 open cyd")
	l.quiet()
	l.clock.Advance(day)
	l.quiet()
	return l
}

// opensAgain opens the first case again, as another run would at the same time.
func (l *life) opensAgain() {
	l.t.Helper()
	if err := l.queue.OpenReview(l.t.Context(), l.queue.Cases()[0].Case); err != nil {
		l.t.Fatal(err)
	}
}
