package grant

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// reviewType are the attributes of review.
var reviewType = map[string]attr.Type{
	"id": types.StringType, "url": types.StringType, "status": types.StringType, "assignee": types.StringType, "due_at": types.StringType,
}

func reviewAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Computed: true,
		MarkdownDescription: "The case in the review queue (`reviews` of the provider) in which somebody is asked about this access, as the queue shows it. Null if no one is asked. " +
			"It is opened and changed when the grant is applied, and read in every run.",
		Attributes: map[string]schema.Attribute{
			"id":       text("What the queue calls the case."),
			"url":      text("Where it is answered. Null if the queue has no pages."),
			"status":   oneOf("Its status. What was answered takes effect with the next apply.", []string{string(system.ReviewOpen), string(system.ReviewConfirmed), string(system.ReviewRejected), string(system.ReviewWithdrawn)}),
			"assignee": text("Who has to answer, in the queue's own words. Null if the case has none."),
			"due_at":   text("When the next step of the policy follows without an answer, as the queue shows it. Null if nothing follows, or if the queue holds no such date."),
		},
	}
}

// shown returns a case as the state shows it.
func shown(r *system.Review) types.Object {
	return types.ObjectValueMust(reviewType, map[string]attr.Value{
		"id": types.StringValue(r.ID), "url": value.Text(r.URL), "status": types.StringValue(string(r.Status)),
		"assignee": value.Text(r.Assignee), "due_at": value.Instant(r.DueAt),
	})
}

// noReview is the attribute where no one is asked.
func noReview() types.Object { return types.ObjectNull(reviewType) }

// planReview fills in what the plan knows of the case. What the queue decides is known
// after the apply.
func (m *model) planReview(a *asking, prior *model) {
	m.Review = noReview()
	if prior != nil && a.is.Key != "" {
		m.Review = prior.Review
	}
	switch {
	case a.duty == openCase, a.duty == changeCase && m.Review.IsNull():
		m.Review = types.ObjectUnknown(reviewType)
	case a.duty == changeCase:
		values := m.Review.Attributes()
		if a.is.Reviewer != a.ask.Reviewer.Key {
			values["assignee"] = types.StringUnknown()
		}
		if a.is.DueAt != value.Stamp(a.ask.DueAt) {
			values["due_at"] = types.StringUnknown()
		}
		m.Review = types.ObjectValueMust(reviewType, values)
	}
	if a.duty != doNothing || a.strays != "" {
		m.keep(m.facts(), types.StringUnknown())
	}
}

// showReview fills in what the plan left open, once it is known. r is nil if there is no
// case.
func (m *model) showReview(r *system.Review) {
	switch {
	case !m.Review.IsUnknown() && value.WhollyKnown(m.Review):
	case r == nil && m.Review.IsUnknown():
		m.Review = noReview()
	case r == nil:
		m.fillReview(map[string]attr.Value{"assignee": types.StringNull(), "due_at": types.StringNull()})
	case m.Review.IsUnknown():
		m.Review = shown(r)
	default:
		m.fillReview(shown(r).Attributes())
	}
}

// fillReview replaces what is unknown of a case that the plan showed.
func (m *model) fillReview(is map[string]attr.Value) {
	values := m.Review.Attributes()
	for name, v := range values {
		if v.IsUnknown() {
			values[name] = is[name]
		}
	}
	m.Review = types.ObjectValueMust(reviewType, values)
}
