package grant

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

var grantSchema = schema.Schema{
	Version: 2,
	MarkdownDescription: "One access that an asset justifies: whether it may exist, until when and in which generation.\n\n" +
		"`generations` is the map of credentials that should exist right now. Hang the credential on it with `for_each`: it is empty when access is revoked, " +
		"holds one entry in the steady state and two while a rotation overlaps. Its keys are known at plan time, on the first plan too.\n\n" +
		"The plan is a pure function of the configuration, the state and the instant of the run. Import is refused: a grant without its history would forget what it issued.",
	Attributes: attributes(),
}

func attributes() map[string]schema.Attribute {
	all := arguments()
	for name, a := range decided() {
		all[name] = a
	}
	return all
}

// defaults are the values of arguments that the configuration leaves out.
var defaults = map[string]string{
	"risk": lifecycle.RiskStandard.String(), "on_block": lifecycle.OnBlockRemove.String(),
}

func generationKey() validator.String {
	return value.Checked("Invalid Generation Key", "a key of generations, such as g1", func(s string) error {
		if _, ok := lifecycle.ParseKey(s); !ok {
			return fmt.Errorf("%q is not a generation key", s)
		}
		return nil
	})
}

// exceptable lists the finding codes that an exception may name.
func exceptable() []string { return codeNames(lifecycle.Exceptable(lifecycle.BoundToWorkload)) }

func exceptableCode() validator.String {
	accepted := exceptable()
	return value.Checked("Finding Cannot Be Excepted", "one of "+strings.Join(accepted, ", "), func(s string) error {
		code, err := lifecycle.ParseCode(s)
		switch {
		case err != nil:
			return fmt.Errorf("%q is not a finding code", s)
		case lifecycle.Terminal.Has(code):
			return fmt.Errorf("%s rests on an explicit terminal fact, for which the baseline revokes; no exception can waive it", s)
		case !code.Mappable() || code == lifecycle.ExceptionExpired:
			return fmt.Errorf("%s explains what the schedule, the latch or an exception did; there is nothing to waive", s)
		}
		return nil
	})
}

func arguments() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"binding": schema.SingleNestedAttribute{
			Required: true, Sensitive: true,
			MarkdownDescription: "The asset's binding: pass the whole resource, `binding = custody_binding.<name>`. Its `facts` are kept, together with what the grant remembers. A plan hides both: `because` says what follows from them. " +
				"Facts whose digest does not match them were written by hand and are refused.",
			Attributes: map[string]schema.Attribute{
				"facts":  schema.StringAttribute{Required: true, MarkdownDescription: "The facts, as the binding has them."},
				"memory": text("What the grant remembers for later runs, as one JSON text, in which what is not so is left out. " + memoryKeys()),
			},
		},
		"access": schema.StringAttribute{
			Required: true, Validators: []validator.String{value.Stated()},
			MarkdownDescription: "What is granted, in words that a reviewer understands, for instance `aws/iam-access-key/billing-export`. A change of it, or of the binding's asset, rotates at once.",
		},
		"risk": schema.StringAttribute{
			Optional: true, Computed: true, Default: stringdefault.StaticString(defaults["risk"]),
			Validators:          []validator.String{value.OneOf("Risk", lifecycle.Risks(), lifecycle.ParseRisk)},
			MarkdownDescription: "How much harm the access could do in the wrong hands: `standard` (default) or `privileged`. Privileged access lives shorter, and is blocked where standard access is reviewed. Lowering it counts once somebody has attested it; until then the grant is decided as privileged.",
		},
		"policy": schema.StringAttribute{
			Optional: true, Validators: []validator.String{value.Stated()},
			MarkdownDescription: "A policy document (JSON, see `custody_policy`) for this grant; default: the provider's alone. Both are decided under, and the more severe action, the earlier deadline and the shorter lifetime win, " +
				"so that it can only tighten. Its `confidence`, but for `automate_at`, its `lead_time`, `classes`, `enforcement` and `authority` are taken from the provider's.",
		},
		"ttl": duration("How long a generation lives. Shorter than the policy's; longer is clamped with a warning. A change holds from the next issue on. Default: the policy's."),
		"renew_before": duration("How long before its expiry a generation is renewed at the earliest; each grant has its own place in the first two thirds of that time, so that many grants are not renewed on one day. " +
			"Default: a third of its actual lifetime, or the policy's if that is shorter; longer is clamped with a warning."),
		"overlap": duration("How long the old generation stays beside the new one. Default: a sixth of its actual lifetime and at most 7d, or the policy's if that is shorter; longer is clamped with a warning. A further rotation with overlap waits for its end."),
		"on_block": schema.StringAttribute{
			Optional: true, Computed: true, Default: stringdefault.StaticString(defaults["on_block"]),
			Validators: []validator.String{value.OneOf("Choice", lifecycle.OnBlocks(), lifecycle.ParseOnBlock)},
			MarkdownDescription: "What a block does: `remove` (default) takes the generation out of the map, and unblocking issues a new key; " +
				"`disable` leaves it there with `enabled = false`, and unblocking re-enables it if it has not expired. Nothing is renewed while blocked, and nothing comes back while somebody has still to review the access.",
		},
		"rotate_when_changed": schema.MapAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "Values of your own; when one changes, the credential is rotated with overlap. Adding the map, or taking it away, rotates nothing.",
		},
		"revoke_generations": schema.SetAttribute{
			Optional: true, ElementType: types.StringType, Validators: []validator.Set{setvalidator.ValueStringsAre(generationKey())},
			MarkdownDescription: "Keys that must go at once, for instance because a secret leaked. If access is kept, the next generation is issued in the same run. Not counted by the brake.",
		},
		"attestation": attestationAttribute(),
		"exception":   exceptionAttribute(),
		"usage":       usageAttribute(),
	}
}

func usageAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "What another resource or data source knows of the use of the access. Access that was not used for the policy's `unused_after` is the finding `access.unused`, " +
			"while the observation is younger than a day: missing telemetry is not disuse.",
		Attributes: map[string]schema.Attribute{
			"last_used_at": schema.StringAttribute{Optional: true, Validators: []validator.String{value.Timestamp()}, MarkdownDescription: "When the access was last used, RFC 3339 with whole seconds. Null if that is not known."},
			"observed_at":  schema.StringAttribute{Required: true, Validators: []validator.String{value.Timestamp()}, MarkdownDescription: "When that was found out, RFC 3339 with whole seconds; not in the future."},
		},
	}
}

func duration(description string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: description + " A Go duration, or days (`d`) and weeks (`w`).", Validators: []validator.String{value.Duration()}}
}

func attestationAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "A dated statement by an approver that the access is still justified. It answers findings that ask by their own trigger for recertification or review and were first seen before `at`, until the next recertification; " +
			"never a block or a revoke, nor what a low confidence held back from `revoke`. One dated after the revocation brings revoked access back, if nothing still says revoke and no run has seen it while something did. " +
			"The grant remembers it: taking it out of the configuration ends nothing before the next recertification. One in the same change as a new grant counts.",
		Attributes: map[string]schema.Attribute{
			"by":   schema.StringAttribute{Required: true, Validators: []validator.String{value.Stated()}, MarkdownDescription: "Who attests: the id, e-mail address or user name of an active person who may, by the policy's `authority`. By default that is the holder's manager or the class's lifecycle owner, and for workloads the owner; never the holder on access of their own. It is checked when a run first sees it."},
			"at":   schema.StringAttribute{Required: true, Validators: []validator.String{value.Timestamp()}, MarkdownDescription: "When, as RFC 3339 with whole seconds; not in the future. With the same `by` and `note` it is the same attestation and keeps its first `at`; change the note to attest anew."},
			"note": schema.StringAttribute{Optional: true, Validators: []validator.String{value.Stated()}, MarkdownDescription: "Why, or where it is recorded."},
		},
	}
}

func exceptionAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "A dated, approved waiver of named findings. They leave `because` and stay among the `conditions` of the memory. An exception neither unlatches revoked access nor raises confidence, and it limits no credential. " +
			"When it ends it is the finding `exception.expired`; what it waived then counts anew, with its grace, also when it is taken out early.",
		Attributes: map[string]schema.Attribute{
			"codes": schema.SetAttribute{Required: true, ElementType: types.StringType,
				Validators:          []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(exceptableCode())},
				MarkdownDescription: "The finding codes that are waived. Accepted: " + attribute.Words(exceptable()) + ". On an asset that is not bound to a workload, " + attribute.Words(codeNames(lifecycle.Exceptable(lifecycle.BoundToWorkload)&^lifecycle.Exceptable(lifecycle.BoundToPerson))) + " are refused too."},
			"reason":      schema.StringAttribute{Required: true, Validators: []validator.String{value.Stated()}, MarkdownDescription: "Why."},
			"approved_by": schema.StringAttribute{Required: true, Validators: []validator.String{value.Stated()}, MarkdownDescription: "Who approved it: the id, e-mail address or user name of an active person who may, by the policy's `authority`; by default the holder's manager or the class's lifecycle owner. It is checked when a run first sees it."},
			"expires_at": schema.StringAttribute{Required: true, Validators: []validator.String{value.EndOfDay()},
				MarkdownDescription: "When it ends: a date, which means the end of that day in UTC, or an RFC 3339 timestamp. At most the policy's `exception_max` from the run that first saw the exception. A later one is an error in that run, and is cut there with a warning afterwards; a new exception after a gap starts anew only with another `reason` and another `approved_by`."},
		},
	}
}

func text(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

func oneOf(description string, values []string) schema.StringAttribute {
	return text(description + " One of " + attribute.Words(values) + ".")
}

func decided() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"id":     text("The grant: `<asset>#<access>`."),
		"active": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether some generation is enabled."},
		"status": oneOf("What is in force. `lapsing` means that nothing is issued or renewed and that access ends with the present credential; `expired` that no credential is left.", lifecycle.Statuses()),
		"would":  text("What the policy would give if it were enforced, where that is not what is in force: a status. Null where they agree."),
		"because": schema.ListAttribute{
			Computed: true, ElementType: types.StringType,
			MarkdownDescription: "Why, most severe first: sentences that begin with the code of a finding, for instance `owner.left`, and say the fact, the decision, what comes next and on which day, and what to do if the fact is wrong. " +
				"They explain the last transition and stay until the next.",
		},
		"generations": schema.MapNestedAttribute{
			Computed: true, MarkdownDescription: "The credentials that should exist right now, by their keys `g1`, `g2`, …; at most two. A key is never used twice.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"enabled":    schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the credential may be used; `false` while the access is blocked and `on_block` is `disable`."},
				"expires_at": text("When it expires, RFC 3339 in UTC. It never moves later. Null while the policy is only observed."),
				"holder":     text("Who it was issued for, as `<directory>/<id>`."),
			}},
		},
		"holder":         text("Who the credential was issued for, as `<directory>/<id>`; before the first issue, who holds the asset. Null if unresolved."),
		"next_change_at": text("The first instant at which the grant's own schedule changes it: renewal, end of overlap, expiry, grace, recertification or the end of an exception. Null if there is none. A good time for the next scheduled run."),
		"review":         reviewAttribute(),
		"policy_digest":  text("Names the policy documents that decide: another policy shows in the plan, also where no decision moves."),
	}
}
