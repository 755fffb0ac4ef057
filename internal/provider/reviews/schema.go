package reviews

import (
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

const (
	defaultLimit = 200
	maxLimit     = 2000
)

var reviewType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"id": types.StringType, "key": types.StringType, "grant": types.StringType, "url": types.StringType, "status": types.StringType, "assignee": types.StringType,
	"due_at": types.StringType, "answered_by": types.StringType, "answered_at": types.StringType, "note": types.StringType,
}}

var reviewsSchema = schema.Schema{
	MarkdownDescription: "The cases of the review queue (`reviews` of the provider), also those of other workspaces that use the same queue: who is asked, until when, and what was answered. " +
		"It is for people to read, for instance as a list of what waits; no decision rests on it. Cases that somebody opened by hand are left out. " +
		"A queue that cannot be read is a warning, and `reviews` is null: no plan stops because of it. Notes name people, so treat the state accordingly.",
	Attributes: map[string]schema.Attribute{
		"status":   filter("that stand so: `open`, `confirmed`, `rejected` or `withdrawn`", value.OneOf("Status", statuses(), parseStatus)),
		"assignee": filter("that one of these has to answer: a name in the queue, or any key by which a directory knows the person"),
		"since": schema.StringAttribute{
			Optional: true, Validators: []validator.String{value.Timestamp()},
			MarkdownDescription: "Leaves out cases that are not open and have not changed since this instant, RFC 3339. Open ones are listed whenever they were opened. Default: 30 days ago.",
		},
		"limit": schema.Int64Attribute{
			Optional: true, Validators: []validator.Int64{int64validator.Between(1, maxLimit)},
			MarkdownDescription: fmt.Sprintf("How many cases are listed, with a warning if there are more: open ones first, then those that changed last. Default %d, at most %d. "+
				"An answered case takes up to 3 requests.", defaultLimit, maxLimit),
		},

		"queue": text("The system that is the review queue."),
		"reviews": schema.ListNestedAttribute{
			Computed: true, MarkdownDescription: "The cases: the open ones first, those due soonest before others, then the others, those that changed last first. Null if the queue cannot be read.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"id":          text("What the queue calls the case."),
				"key":         text("The key by which custody finds the case again. Null if somebody took it out of the text of the case."),
				"grant":       text("The id of the grant. Null if the queue does not hold it."),
				"url":         text("Where it is answered. Null if the queue has no pages."),
				"status":      text("`open`, `confirmed`, `rejected` or `withdrawn`."),
				"assignee":    text("Who has to answer, in the queue's own words. Null if the case has none."),
				"due_at":      text("When the next step of the policy follows without an answer, RFC 3339. Null if nothing follows, or if the queue holds no such date."),
				"answered_by": text("Who confirmed or rejected, in the queue's own words. Whether the answer counts is decided where the grant reads it."),
				"answered_at": text("When, RFC 3339 in UTC."),
				"note":        text("What they wrote with the answer, on one line."),
			}},
		},
		"left_out": schema.Int64Attribute{Computed: true, MarkdownDescription: "How many further cases match, and are left out because of `limit`."},
	},
}

func text(description string) schema.Attribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

func filter(what string, each ...validator.String) schema.SetAttribute {
	return schema.SetAttribute{
		Optional: true, ElementType: types.StringType, MarkdownDescription: "Only cases " + what + ". Default: all.",
		Validators: []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(append(each, value.Stated())...)},
	}
}

func statuses() []string {
	return []string{string(system.ReviewOpen), string(system.ReviewConfirmed), string(system.ReviewRejected), string(system.ReviewWithdrawn)}
}

func parseStatus(s string) (string, error) {
	for _, known := range statuses() {
		if s == known {
			return s, nil
		}
	}
	return "", fmt.Errorf("%q is not accepted", s)
}

func leftOut(more, limit int) string {
	return fmt.Sprintf("%d further cases match, and are left out: limit is %d. Raise it, or narrow the list with status, assignee or since.", more, limit)
}

// unread says of an error of the queue that nothing rests on the list.
func unread(err error) error {
	said := fault.Fault{Summary: unreadSummary, Happened: fault.Sentence(err)}
	var f *fault.Fault
	if errors.As(err, &f) {
		said = *f
	}
	said.Consequence = "The list of reviews is null in this run. No decision rests on it."
	return &said
}
