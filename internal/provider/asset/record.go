package asset

import (
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute"
)

// found holds the records of one asset.
type found struct {
	Asset   lifecycle.Ref
	Records int              // the number of records
	Record  lifecycle.Record // the joined record
}

func find(asset lifecycle.Ref, records []lifecycle.Record) *found {
	return &found{Asset: asset, Records: len(records), Record: lifecycle.Merge(records)}
}

// recordRows holds the attributes of both data sources.
var recordRows = attribute.Table[found]{
	attribute.Text("class", "The asset's class as the record names it. Null if it names none.",
		func(f *found) *string { return &f.Record.Class }),
	attribute.Text("name", "The asset's name. Null if it has none.",
		func(f *found) *string { return &f.Record.Name }),
	attribute.Word("state", "The lifecycle state: `planned`, `in_service`, `maintenance`, `lost`, `retired`, or `unknown` if the word in the record is not mapped.",
		nil, lifecycle.ParseState, func(f *found) *lifecycle.State { return &f.Record.State }),
	attribute.Texts("owners", "The owners as the record names them, not resolved.",
		func(f *found) *[]string { return &f.Record.Owners }),
	attribute.Text("purpose", "What the asset is for. Null if the record does not say.",
		func(f *found) *string { return &f.Record.Purpose }),
	attribute.Text("environment", "The environment. Null if the record does not say.",
		func(f *found) *string { return &f.Record.Environment }),
	attribute.Text("criticality", "The criticality of the asset. Null if the record does not say.",
		func(f *found) *string { return &f.Record.Criticality }),
	attribute.Tristate("third_party", "Whether a third party operates the asset. Null if the record does not say.",
		func(f *found) *lifecycle.Tristate { return &f.Record.ThirdParty }),
	attribute.Tristate("shared", "Whether the asset is shared. Null if the record does not say.",
		func(f *found) *lifecycle.Tristate { return &f.Record.Shared }),
	attribute.Instant("retirement_date", "When the asset retires, RFC 3339 in UTC; a date means the end of its day. Null if none is set.",
		func(f *found) *time.Time { return &f.Record.RetirementDate }),
	attribute.Instant("verified_at", "When the record was last verified, RFC 3339 in UTC; a date means the start of its day. Null if the record does not say.",
		func(f *found) *time.Time { return &f.Record.VerifiedAt }),
	attribute.Instant("assigned_at", "When the asset was assigned, RFC 3339 in UTC. Null if the record does not say.",
		func(f *found) *time.Time { return &f.Record.AssignedAt }),
	attribute.Texts("unread", "Sentences about values that the system does not state: a value that the account may not read, several values where one is needed.",
		func(f *found) *[]string { return &f.Record.Unread }),
}

// single holds the attributes of custody_asset.
var single = slices.Concat(attribute.Table[found]{
	attribute.Shown("exists", types.BoolType,
		"Whether the system holds a record of the asset. `false` only if the system answered that it does not: a system that does not answer fails the plan.",
		func(f *found) attr.Value { return types.BoolValue(f.Records > 0) }),
	attribute.Shown("records", types.Int64Type,
		"How many records of this id the system holds. With more than one, fields in which the records disagree are null.",
		func(f *found) attr.Value { return types.Int64Value(int64(f.Records)) }),
}, recordRows)

// listed holds the attributes of each asset in custody_assets.
var listed = slices.Concat(attribute.Table[found]{
	attribute.Shown("asset", types.StringType, "The asset as `custody_binding` takes it: `\"<system>/<id>\"`.",
		func(f *found) attr.Value { return types.StringValue(f.Asset.String()) }),
}, recordRows)
