package binding

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute"
)

// kept are the facts that a decision depends on. Each of them is in
// lifecycle.Binding.Digest, and a grant keeps them.
var kept = attribute.Table[lifecycle.Binding]{
	attribute.Text("class", "The asset's class, in lower case. Null if the record names none.",
		func(b *lifecycle.Binding) *string { return &b.Class }),
	attribute.Word("bound_to", "Whether the class stands for a person or a workload, from the policy's `classes`; `unclassified` if the policy maps it to neither.",
		lifecycle.BoundTos(), lifecycle.ParseBoundTo, func(b *lifecycle.Binding) *lifecycle.BoundTo { return &b.BoundTo }),
	attribute.Word("state", "The lifecycle state.",
		lifecycle.States(), lifecycle.ParseState, func(b *lifecycle.Binding) *lifecycle.State { return &b.State }),
	attribute.Text("holder", "The owner that the record names, as `<directory>/<id>`; several are sorted and joined by `, `. Null if no owner can be resolved.",
		func(b *lifecycle.Binding) *string { return &b.Holder }),
	ownerKeys,
	attribute.Word("owner_kind", "What the owner is; of several owners the least bound to the organisation. Null if unresolved.",
		lifecycle.OwnerKinds(), lifecycle.ParseOwnerKind, func(b *lifecycle.Binding) *lifecycle.OwnerKind { return &b.OwnerKind }),
	attribute.Word("owner_status", "Whether the owner is still here; of several owners the most present one. `ended` is an active owner whose end date has passed.",
		lifecycle.OwnerStatuses(), lifecycle.ParseOwnerStatus, func(b *lifecycle.Binding) *lifecycle.OwnerStatus { return &b.OwnerStatus }),
	attribute.Instant("owner_end_date", "The end of the owner's last day, RFC 3339 in UTC. Null if none is set.",
		func(b *lifecycle.Binding) *time.Time { return &b.OwnerEndDate }),
	attribute.Text("manager", "The owner's manager, by the key that the directory gives. Null if there is none, or if several owners have different ones.",
		func(b *lifecycle.Binding) *string { return &b.Manager }),
	attribute.Texts("teams", "The owner's teams, sorted.",
		func(b *lifecycle.Binding) *[]string { return &b.Teams }),
	attribute.Text("successor", "The first active owner to propose, as `<directory>/<id>`, if the holder is leaving, gone or unknown. Null otherwise, or if there is none.",
		func(b *lifecycle.Binding) *string { return &b.Successor }),
	attribute.Text("lifecycle_owner", "Who answers for assets of this class, from the policy's `classes`. Null if the policy does not say.",
		func(b *lifecycle.Binding) *string { return &b.LifecycleOwner }),
	attribute.Text("purpose", "The effective purpose: the record's, else the declared one.",
		func(b *lifecycle.Binding) *string { return &b.Purpose }),
	attribute.Text("environment", "The effective environment: the record's, else the declared one.",
		func(b *lifecycle.Binding) *string { return &b.Environment }),
	attribute.Text("criticality", "The effective criticality: the record's, else the declared one.",
		func(b *lifecycle.Binding) *string { return &b.Criticality }),
	attribute.Flag("third_party", "Whether a third party operates the asset, by the record, else by the declaration; `false` if neither says.",
		func(b *lifecycle.Binding) *bool { return &b.ThirdParty }),
	attribute.Flag("shared", "Whether the record says that the asset is shared; `false` if it does not say.",
		func(b *lifecycle.Binding) *bool { return &b.Shared }),
	attribute.Instant("retirement_date", "When the asset retires, RFC 3339 in UTC: the earlier of the record's and the declared date. Null if none is set.",
		func(b *lifecycle.Binding) *time.Time { return &b.RetirementDate }),
	findingsRow,
	attribute.Hundredths("confidence", "How far the record can be trusted, from 0 to 1 with two decimals. It says nothing about how healthy the asset is.",
		func(b *lifecycle.Binding) *int { return &b.Confidence }),
	attribute.Hundredths("state_confidence", "How far the record can be trusted about a terminal state. Where a record names no owner it loses nothing by that here: many systems clear the assignment when an asset is retired.",
		func(b *lifecycle.Binding) *int { return &b.StateConfidence }),
	attribute.Flag("fresh", "Whether the record was verified within the policy's `stale_after`.",
		func(b *lifecycle.Binding) *bool { return &b.Fresh }),
	attribute.WordList("task_kinds", "What the open tasks ask for, each once.", lifecycle.TaskKinds(), lifecycle.ParseTaskKind,
		func(b *lifecycle.Binding) *[]lifecycle.TaskKind { return &b.TaskKinds }),
	attribute.Flag("held", "Whether a system was unavailable and these are the last known facts (`on_unavailable = \"hold\"`). Grants on held facts issue nothing, renew nothing and start no grace.",
		func(b *lifecycle.Binding) *bool { return &b.Held }),
	attribute.Shown("digest", types.StringType, "SHA-256 over the facts and finding codes that a decision can depend on. It changes exactly when a decision could.",
		func(b *lifecycle.Binding) attr.Value { return types.StringValue(b.Digest()) }),
}

// identity is what the binding is of.
var identity = attribute.Table[lifecycle.Binding]{
	attribute.Shown("id", types.StringType, "The asset, `<system>/<id>`.",
		func(b *lifecycle.Binding) attr.Value { return types.StringValue(b.Asset.String()) }),
}

// shown are the facts for people, which no decision depends on.
var shown = attribute.Table[lifecycle.Binding]{
	attribute.Text("name", "The asset's name in its system. Null if it has none.",
		func(b *lifecycle.Binding) *string { return &b.Name }),
	attribute.Objects("open_tasks", "The offboarding, reassignment and decommission tasks that are open against the asset.", tasks,
		func(b *lifecycle.Binding) *[]lifecycle.Task { return &b.Tasks }),
	attribute.Shown("confidence_parts", types.MapType{ElemType: types.Int64Type},
		"The points, in hundredths, that each signal gave: "+attribute.Words(lifecycle.Signals())+".", parts),
}

// facts are all computed attributes.
var facts = slices.Concat(kept, identity, shown)

var findings = attribute.Table[lifecycle.Finding]{
	attribute.Word("code", "The stable code, for instance `owner.left`.", nil, lifecycle.ParseCode,
		func(f *lifecycle.Finding) *lifecycle.Code { return &f.Code }),
	attribute.Text("message", "One sentence about it. It names no date and no age, so that it does not change by itself.",
		func(f *lifecycle.Finding) *string { return &f.Message }),
}

var tasks = attribute.Table[lifecycle.Task]{
	attribute.Text("id", "The task's id in its system.",
		func(t *lifecycle.Task) *string { return &t.ID }),
	attribute.Word("kind", "What the task asks for.",
		lifecycle.TaskKinds(), lifecycle.ParseTaskKind, func(t *lifecycle.Task) *lifecycle.TaskKind { return &t.Kind }),
	attribute.Instant("due", "The end of the due day, RFC 3339 in UTC. Null if none is set.",
		func(t *lifecycle.Task) *time.Time { return &t.Due }),
	attribute.Text("url", "Where the task can be read. Null if the system gives none.",
		func(t *lifecycle.Task) *string { return &t.URL }),
}

// The words for a key of an owner that stands for no holder. A holder holds a slash,
// so none can be taken for one.
const (
	keyAbsent    = "absent"
	keyAmbiguous = "ambiguous"
)

// ownerKeys shows the keys by which owners are recognised, as a map to their holders.
var ownerKeys = attribute.Row[lifecycle.Binding]{
	Column: attribute.Column{
		Name: "owner_keys", Type: types.MapType{ElemType: types.StringType},
		Description: "The keys by which the owner is recognised: id, e-mail address, user name and what the record writes, each with the holder; `" + keyAbsent +
			"` if no directory knows the key, `" + keyAmbiguous + "` if several entries have it.",
	},
	Write: func(b *lifecycle.Binding) attr.Value {
		out := make(map[string]attr.Value, len(b.OwnerKeys))
		for _, k := range b.OwnerKeys {
			out[k.Key] = types.StringValue(standsFor(k))
		}
		return types.MapValueMust(types.StringType, out)
	},
	Put: func(b *lifecycle.Binding) any {
		if len(b.OwnerKeys) == 0 {
			return nil
		}
		out := make(map[string]string, len(b.OwnerKeys))
		for _, k := range b.OwnerKeys {
			out[k.Key] = standsFor(k)
		}
		return out
	},
	Take: func(raw json.RawMessage, b *lifecycle.Binding) error {
		var keys map[string]string
		if err := json.Unmarshal(raw, &keys); err != nil {
			return err
		}
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			k := lifecycle.OwnerKey{Key: key, Holder: keys[key]}
			if k.Holder == keyAbsent || k.Holder == keyAmbiguous {
				k.Absent, k.Holder = k.Holder == keyAbsent, ""
			}
			b.OwnerKeys = append(b.OwnerKeys, k)
		}
		return nil
	},
}

// standsFor is what a key of an owner stands for, as it is shown.
func standsFor(k lifecycle.OwnerKey) string {
	switch {
	case k.Holder != "":
		return k.Holder
	case k.Absent:
		return keyAbsent
	default:
		return keyAmbiguous
	}
}

// findingsRow shows the findings as a list, and keeps them by their codes.
var findingsRow = func() attribute.Row[lifecycle.Binding] {
	row := attribute.Objects("findings", "What is wrong, in a fixed order. An empty list if nothing is.", findings,
		func(b *lifecycle.Binding) *[]lifecycle.Finding { return &b.Findings })
	row.Put = func(b *lifecycle.Binding) any {
		if len(b.Findings) == 0 {
			return nil
		}
		out := make(map[string]string, len(b.Findings))
		for _, f := range b.Findings {
			out[f.Code.String()] = f.Message
		}
		return out
	}
	row.Take = func(raw json.RawMessage, b *lifecycle.Binding) error {
		var messages map[string]string
		if err := json.Unmarshal(raw, &messages); err != nil {
			return err
		}
		for name, message := range messages {
			code, err := lifecycle.ParseCode(name)
			if err != nil {
				return err
			}
			b.Findings = append(b.Findings, lifecycle.Finding{Code: code, Message: message})
		}
		slices.SortFunc(b.Findings, func(x, y lifecycle.Finding) int { return int(x.Code) - int(y.Code) })
		return nil
	}
	return row
}()

func parts(b *lifecycle.Binding) attr.Value {
	out := make(map[string]attr.Value, lifecycle.NumSignals)
	for s, points := range b.Parts {
		out[lifecycle.Signal(s).String()] = types.Int64Value(int64(points))
	}
	return types.MapValueMust(types.Int64Type, out)
}
