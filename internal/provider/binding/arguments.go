package binding

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// argument is one attribute that the user writes, and that a T is read from.
type argument[T any] struct {
	name   string
	schema schema.Attribute
	// read takes a known value over.
	read func(attr.Value, *T) error
}

// arguments are what a binding is asked with. A grant keeps all of them, because
// apply assesses the asset again.
var arguments = []argument[lifecycle.Question]{
	{"asset", schema.StringAttribute{
		Required:            true,
		MarkdownDescription: "The asset, as `\"<system>/<id>\"`: a name from the provider's `systems`, and the asset's id there. Split at the first slash. A change replaces the binding.",
		Validators:          []validator.String{Asset()},
		PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
	}, readAsset},
	{"declared", schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "What the configuration knows of the asset. It fills what the record leaves empty. Where both speak, the record wins and the difference is a finding; " +
			"a declared owner never becomes the holder, a different one is `owner.conflict`. The earlier of two retirement dates wins.",
		Attributes: schemaOf(declared),
	}, readDeclared},
	{"evidence", schema.MapAttribute{
		Optional: true, ElementType: types.StringType,
		Validators: []validator.Map{mapvalidator.ValueStringsAre(value.Stated()), mapvalidator.KeysAre(value.Stated())},
		MarkdownDescription: "Other claims of who owns the asset, by a name of the claim (`cloud_tag`, `codeowners`): owner keys as in `declared.owner`, or a team of the owner. " +
			"A claim that agrees raises the confidence, one that contradicts is the finding `owner.conflict`.",
	}, readEvidence},
	{"successors", schema.ListAttribute{
		Optional: true, ElementType: types.StringType,
		Validators: []validator.List{listvalidator.ValueStringsAre(value.Stated()), listvalidator.UniqueValues()},
		MarkdownDescription: "Owners to propose when the holder leaves, in order. After them come the holder's manager, the holder's teams and the class's `lifecycle_owner`. " +
			"The first that is active is `successor`.",
	}, readSuccessors},
}

// declared are the facts that the configuration may state.
var declared = []argument[lifecycle.Declared]{
	declaredText("owner", "The owner, by any key that a directory knows (id, email or user name).",
		func(d *lifecycle.Declared) *string { return &d.Owner }),
	declaredText("purpose", "What the asset is for.",
		func(d *lifecycle.Declared) *string { return &d.Purpose }),
	declaredText("environment", "The environment, for instance `production`.",
		func(d *lifecycle.Declared) *string { return &d.Environment }),
	declaredText("criticality", "How much depends on the asset, for instance `high`.",
		func(d *lifecycle.Declared) *string { return &d.Criticality }),
	{"third_party", schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether a third party operates the asset."}, readThirdParty},
	{"retirement_date", schema.StringAttribute{Optional: true, Validators: []validator.String{value.EndOfDay()},
		MarkdownDescription: "When the asset retires: a date, which means the end of that day in UTC, or an RFC 3339 timestamp."}, readRetirementDate},
}

func declaredText(name, description string, at func(*lifecycle.Declared) *string) argument[lifecycle.Declared] {
	return argument[lifecycle.Declared]{name,
		schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: []validator.String{value.Stated()}},
		func(v attr.Value, d *lifecycle.Declared) error {
			*at(d) = system.Composed(value.TextOf(v))
			return nil
		}}
}

func schemaOf[T any](arguments []argument[T]) map[string]schema.Attribute {
	out := make(map[string]schema.Attribute, len(arguments))
	for _, a := range arguments {
		out[a.name] = a.schema
	}
	return out
}

func typesOf[T any](arguments []argument[T]) map[string]attr.Type {
	out := make(map[string]attr.Type, len(arguments))
	for _, a := range arguments {
		out[a.name] = a.schema.GetType()
	}
	return out
}

func readAll[T any](arguments []argument[T], values map[string]attr.Value, into *T) error {
	for i := range arguments {
		if err := arguments[i].read(values[arguments[i].name], into); err != nil {
			return err
		}
	}
	return nil
}

// Asset accepts "<system>/<id>".
func Asset() validator.String {
	return value.Checked("Invalid Asset", "\"<system>/<id>\", for instance \"cmdb/APP-0042\"", func(s string) error {
		if _, ok := lifecycle.ParseRef(s); !ok {
			return fmt.Errorf("%q names no system and id", s)
		}
		return nil
	})
}

func readAsset(v attr.Value, q *lifecycle.Question) error {
	text := value.TextOf(v)
	var ok bool
	if q.Asset, ok = lifecycle.ParseRef(text); !ok {
		return fmt.Errorf("%q is not of the form \"<system>/<id>\"", text)
	}
	return nil
}

func readDeclared(v attr.Value, q *lifecycle.Question) error {
	o, _ := v.(types.Object)
	if o.IsNull() {
		return nil
	}
	return readAll(declared, o.Attributes(), &q.Declared)
}

func readThirdParty(v attr.Value, d *lifecycle.Declared) error {
	if b, _ := v.(types.Bool); !b.IsNull() {
		d.ThirdParty = lifecycle.TristateOf(b.ValueBool())
	}
	return nil
}

func readRetirementDate(v attr.Value, d *lifecycle.Declared) error {
	text := value.TextOf(v)
	if text == "" {
		return nil
	}
	var err error
	d.RetirementDate, err = value.ParseEndOfDay(text)
	return err
}

func readEvidence(v attr.Value, q *lifecycle.Question) error {
	m, _ := v.(types.Map)
	for name, owner := range m.Elements() {
		if s, ok := owner.(types.String); ok && !s.IsNull() {
			q.Evidence = append(q.Evidence, lifecycle.Claim{Name: name, Owner: s.ValueString()})
		}
	}
	slices.SortFunc(q.Evidence, func(a, b lifecycle.Claim) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

func readSuccessors(v attr.Value, q *lifecycle.Question) error {
	l, _ := v.(types.List)
	q.Successors = value.TextsOf(l.Elements())
	return nil
}
