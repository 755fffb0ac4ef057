package events

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

const (
	defaultLimit = 1000
	maxLimit     = 10000
)

// The formats of evidence.
const (
	formatCSV   = "csv"
	formatJSONL = "jsonl"
	formatHTML  = "html"
)

var eventType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"sequence": types.Int64Type, "at": types.StringType, "kind": types.StringType, "subject": types.StringType, "actor": types.StringType,
	"run": types.StringType, "controls": types.ListType{ElemType: types.StringType}, "body": types.StringType, "hash": types.StringType,
}}

var chainTypes = map[string]attr.Type{
	"holds": types.BoolType, "events": types.Int64Type, "hash": types.StringType, "proven": types.Int64Type,
	"problem": types.StringType, "cause": types.StringType, "problem_at": types.Int64Type,
}

var actType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"sequence": types.Int64Type, "target": types.StringType, "subject": types.StringType, "action": types.StringType,
	"run": types.StringType, "began_at": types.StringType,
}}

var eventsSchema = schema.Schema{
	MarkdownDescription: "The ledger in the [register](../index.md#optional): what was decided, done and acknowledged in a workspace, whether the chain of its events holds, " +
		"and evidence made of it. It changes nothing, and a ledger that does not hold is a warning and `chain.holds = false`. Bodies name people, so treat the state and the exports accordingly.",
	Attributes: map[string]schema.Attribute{
		"workspace": schema.StringAttribute{
			Optional: true, Computed: true, Validators: []validator.String{value.Stated()},
			MarkdownDescription: "The workspace whose ledger is read. Default: that of the provider block.",
		},
		"subject": schema.StringAttribute{
			Optional: true, Validators: []validator.String{value.Stated()},
			MarkdownDescription: "Only events about this: the id of a grant, or the subject of an account.",
		},
		"kinds":    textList("Only events of these kinds, which [Evidence for auditors](../guides/evidence-for-auditors.md#what-is-in-it) lists; a first word, such as `grant`, stands for all that begin with it."),
		"controls": textList("Only events that serve one of these controls, as `controls` of an event names them; the name of a framework, such as `NIST CSF`, stands for all of its controls."),
		"since": schema.StringAttribute{
			Optional: true, Validators: []validator.String{value.Timestamp()}, MarkdownDescription: "Only events from this instant on, RFC 3339.",
		},
		"until": schema.StringAttribute{
			Optional: true, Validators: []validator.String{value.Timestamp()}, MarkdownDescription: "Only events before this instant, RFC 3339.",
		},
		"limit": schema.Int64Attribute{
			Optional: true, Validators: []validator.Int64{int64validator.Between(1, maxLimit)},
			MarkdownDescription: fmt.Sprintf("How many events are shown and exported; the newest are kept, with a warning. Default %d, at most %d. The chain is always checked as a whole.", defaultLimit, maxLimit),
		},
		"formats": schema.ListAttribute{
			Optional: true, ElementType: types.StringType,
			Validators:          []validator.List{listvalidator.UniqueValues(), listvalidator.ValueStringsAre(value.OneOf("Format", []string{formatCSV, formatJSONL, formatHTML}, parseFormat))},
			MarkdownDescription: "What `export` holds: `csv` (a row for each event and control, with cells that no spreadsheet takes for a formula), `jsonl` (JSON Lines: each event as it was hashed) and `html` (a page for auditors). Default: none.",
		},
		"checkpoints": textList("Signed checkpoints that were kept outside of the register, each as `checkpoint` gave it. Those of other workspaces are left out. They show whether the end of the ledger was cut off, or the ledger was written anew. They need `public_keys`."),
		"public_keys": textList("The public Ed25519 keys of the checkpoints, in PEM, as `openssl pkey -pubout` writes them."),

		"workspaces": schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "The workspaces that the register knows, sorted."},
		"events": schema.ListNestedAttribute{
			Computed: true, MarkdownDescription: "The events that match, oldest first.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"sequence": integer("The number of the event in its workspace, from 1 without a gap."),
				"at":       text("When it was recorded, RFC 3339 in UTC."),
				"kind":     text("What happened."),
				"subject":  text("What it happened to."),
				"actor":    text("Who started the run, as far as its environment said: `CUSTODY_ACTOR`, then the variables of GitHub and GitLab, then the name of the account. It proves nothing."),
				"run":      text("The run that recorded it."),
				"controls": schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "The controls that the decision serves, sorted."},
				"body":     text("Everything else, as a JSON text in the form that was hashed (RFC 8785)."),
				"hash":     text("The SHA-256 of the event and of the hash of the event before it."),
			}},
		},
		"left_out": integer("How many older events match too, and are left out because of `limit`."),
		"chain": schema.SingleNestedAttribute{
			Computed: true, MarkdownDescription: "Whether the chain of all events of the workspace holds.",
			Attributes: map[string]schema.Attribute{
				"holds":      schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether no event was altered, removed or moved, as far as the chain and the checkpoints show."},
				"events":     integer("The number of the last event up to which it holds."),
				"hash":       text("The hash of that event."),
				"proven":     integer("The number of the last event that a checkpoint proves. What comes after it may have been cut off without a trace."),
				"problem":    text("What does not hold, in a sentence; null if it holds."),
				"cause":      text("`altered`, `missing`, `reordered`, `truncated`, `rewritten`, or `unproven` for a checkpoint whose signature does not verify; null if it holds."),
				"problem_at": integer("The number of the event at which it does not hold; null if it holds."),
			},
		},
		"unfinished": schema.ListNestedAttribute{
			Computed: true, MarkdownDescription: "Acts that were begun and have no outcome: another run is at work, or was interrupted. The next run on the object finds out what became of it.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"sequence": integer("The number of the event that recorded the intent."), "target": text("The system."), "subject": text("The object there."),
				"action": text("What was to be done."), "run": text("The run that began it."), "began_at": text("When, RFC 3339 in UTC."),
			}},
		},
		"checkpoint": text("A checkpoint of the end of the chain, as one line. Keep it outside of the register. It is signed with the key in `CUSTODY_CHECKPOINT_KEY`, or in the file that " +
			"`CUSTODY_CHECKPOINT_KEY_FILE` names (`openssl genpkey -algorithm ed25519`); null without one, and for a chain that does not hold. An end that one of `checkpoints` signed gives that one again."),
		"export": schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "The evidence, by format."},
	},
}

func text(description string) schema.Attribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

func integer(description string) schema.Attribute {
	return schema.Int64Attribute{Computed: true, MarkdownDescription: description}
}

func textList(description string) schema.Attribute {
	return schema.ListAttribute{
		Optional: true, ElementType: types.StringType, Validators: []validator.List{listvalidator.ValueStringsAre(value.Stated())},
		MarkdownDescription: description,
	}
}

func parseFormat(s string) (string, error) {
	switch s {
	case formatCSV, formatJSONL, formatHTML:
		return s, nil
	}
	return "", fmt.Errorf("%q is not accepted", s)
}
