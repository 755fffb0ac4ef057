package policy

import (
	"errors"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	document "github.com/custodyhq/terraform-provider-custody/internal/policy"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// field is one value of a part of a policy document: the name and description of
// the attribute, and its field in the document.
type field[T any] struct {
	name   string
	schema schema.Attribute
	set    func(*T, attr.Value)
}

func optionalIn[T any](name, description string, at func(*T) **string) field[T] {
	return field[T]{name, optional(description), func(t *T, v attr.Value) {
		s := value.TextOf(v)
		*at(t) = &s
	}}
}

func requiredIn[T any](name, description string, at func(*T) *string) field[T] {
	return field[T]{name, required(description), func(t *T, v attr.Value) { *at(t) = value.TextOf(v) }}
}

func listIn[T any](name, description string, at func(*T) *[]string) field[T] {
	list := schema.ListAttribute{Required: true, ElementType: types.StringType, MarkdownDescription: description}
	return field[T]{name, list, func(t *T, v attr.Value) {
		l, _ := v.(types.List)
		texts := make([]string, 0, len(l.Elements()))
		for _, e := range l.Elements() {
			texts = append(texts, value.TextOf(e))
		}
		*at(t) = texts
	}}
}

// fields are all values of a part of a policy document.
type fields[T any] []field[T]

// The selectors that several parts of a document have.
var (
	ofClass       = "The asset's class; case is ignored, and `*` matches any text."
	ofEnvironment = "The asset's environment; case is ignored, and `*` matches any text."
	ofCriticality = "The asset's criticality; case is ignored, and `*` matches any text."
	ofRisk        = "The grant's risk." + among(lifecycle.Risks())
	ofColumn      = "Whether assets of the class are bound to a person or a workload." + among(lifecycle.Columns())
)

var lifetimes = fields[document.Lifetime]{
	optionalIn("risk", "The grant's risk. Default `standard`: an entry without it is for standard access only."+among(lifecycle.Risks()),
		func(l *document.Lifetime) **string { return &l.Risk }),
	optionalIn("criticality", ofCriticality,
		func(l *document.Lifetime) **string { return &l.Criticality }),
	optionalIn("environment", ofEnvironment,
		func(l *document.Lifetime) **string { return &l.Environment }),
	optionalIn("owner_kind", "The owner's kind."+among(lifecycle.OwnerKinds()),
		func(l *document.Lifetime) **string { return &l.OwnerKind }),
	optionalIn("class", ofClass,
		func(l *document.Lifetime) **string { return &l.Class }),
	optionalIn("ttl", "How long a generation lives. Default `90d`, privileged `30d`."+durations,
		func(l *document.Lifetime) **string { return &l.TTL }),
	optionalIn("renew_before", "How long before its expiry a generation is renewed, at most a third of its actual lifetime. Default: a third."+durations,
		func(l *document.Lifetime) **string { return &l.RenewBefore }),
	optionalIn("overlap", "How long the old generation exists beside the new one, at most a sixth of its actual lifetime and 7d. Default: the maximum."+durations,
		func(l *document.Lifetime) **string { return &l.Overlap }),
	optionalIn("recertify_every", "How long a certification holds. Default `180d`, privileged `90d`."+durations,
		func(l *document.Lifetime) **string { return &l.RecertifyEvery }),
	optionalIn("spread", "Over how long the renewals of many grants are spread, at most two thirds of `renew_before`. Default: the maximum. `0s` renews all of one apply at once."+durations,
		func(l *document.Lifetime) **string { return &l.Spread }),
}

var enforcements = fields[document.Enforcement]{
	optionalIn("class", ofClass,
		func(e *document.Enforcement) **string { return &e.Class }),
	optionalIn("risk", ofRisk,
		func(e *document.Enforcement) **string { return &e.Risk }),
	optionalIn("environment", ofEnvironment,
		func(e *document.Enforcement) **string { return &e.Environment }),
	requiredIn("mode", "`observe` shows what the policy would decide, and withholds, rotates, blocks, revokes and expires nothing; `enforce` acts on it."+among(lifecycle.Modes()),
		func(e *document.Enforcement) *string { return &e.Mode }),
	optionalIn("enforce_from", "When `observe` ends and `enforce` begins: a date, which means the start of that day in UTC, or an RFC 3339 timestamp. Earlier plans announce the date. Default: never.",
		func(e *document.Enforcement) **string { return &e.EnforceFrom }),
}

var authorizations = fields[document.Authorization]{
	optionalIn("risk", ofRisk,
		func(a *document.Authorization) **string { return &a.Risk }),
	optionalIn("class", ofClass,
		func(a *document.Authorization) **string { return &a.Class }),
	optionalIn("bound_to", ofColumn,
		func(a *document.Authorization) **string { return &a.BoundTo }),
	listIn("who", "Who may: `owner` (of workloads only), `manager`, `lifecycle_owner`, `team:` and a key of the team, or a key of a person.",
		func(a *document.Authorization) *[]string { return &a.Who }),
}

var closures = fields[document.Closure]{
	listIn("kinds", "The kinds of task that must be closed first; an empty list requires nothing. One of "+attribute.Words(lifecycle.TaskKinds())+".",
		func(c *document.Closure) *[]string { return &c.Kinds }),
	optionalIn("class", ofClass,
		func(c *document.Closure) **string { return &c.Class }),
	optionalIn("bound_to", ofColumn,
		func(c *document.Closure) **string { return &c.BoundTo }),
	optionalIn("risk", ofRisk,
		func(c *document.Closure) **string { return &c.Risk }),
	optionalIn("environment", ofEnvironment,
		func(c *document.Closure) **string { return &c.Environment }),
	optionalIn("criticality", ofCriticality,
		func(c *document.Closure) **string { return &c.Criticality }),
}

var triggers = fields[document.Trigger]{
	requiredIn("on", "The finding, or `*` for every one."+among(document.MappableCodes()),
		func(t *document.Trigger) *string { return &t.On }),
	optionalIn("class", ofClass,
		func(t *document.Trigger) **string { return &t.Class }),
	optionalIn("bound_to", ofColumn,
		func(t *document.Trigger) **string { return &t.BoundTo }),
	optionalIn("risk", ofRisk,
		func(t *document.Trigger) **string { return &t.Risk }),
	optionalIn("when", "A further condition in CEL over "+attribute.Words(document.ConditionFields())+". It is type-checked when the document is read, and cannot read a clock. "+
		"Example: `asset.environment == \"production\" && binding.successor == \"\"`.",
		func(t *document.Trigger) **string { return &t.When }),
	requiredIn("action", "What happens to the access."+among(lifecycle.Actions())+" `revoke` is accepted for `asset.retired`, `asset.lost` and `owner.left` only: nothing else is an explicit terminal fact.",
		func(t *document.Trigger) *string { return &t.Action }),
	optionalIn("rotate", "What happens to the credential in addition, once."+among(lifecycle.Rotations())+" Default `none`.",
		func(t *document.Trigger) **string { return &t.Rotate }),
	optionalIn("grace", "How long after the finding was first seen `action` becomes `then`. An unanswered review ends after `review_deadline`, whatever `grace` says."+durations,
		func(t *document.Trigger) **string { return &t.Grace }),
	optionalIn("then", "The action after `grace`; more severe than `action`."+among(lifecycle.Actions()),
		func(t *document.Trigger) **string { return &t.Then }),
}

var classes = fields[document.Class]{
	optionalIn("bound_to", ofColumn,
		func(c *document.Class) **string { return &c.BoundTo }),
	optionalIn("lifecycle_owner", "Who is responsible for assets of this class, by any key in a directory; the last to be proposed as a successor.",
		func(c *document.Class) **string { return &c.LifecycleOwner }),
	optionalIn("review_queue", "The queue for reviews of this class.",
		func(c *document.Class) **string { return &c.ReviewQueue }),
}

// schema describes one element of a list or a map.
func (f fields[T]) schema() schema.NestedAttributeObject {
	out := make(map[string]schema.Attribute, len(f))
	for i := range f {
		out[f[i].name] = f[i].schema
	}
	return schema.NestedAttributeObject{Attributes: out}
}

// list reads the elements of a list.
func (f fields[T]) list(at path.Path, l types.List) ([]T, error) {
	var out []T
	for i, v := range l.Elements() {
		element, err := f.element(at.AtListIndex(i), v)
		if err != nil {
			return nil, err
		}
		out = append(out, element)
	}
	return out, nil
}

// mapping reads the elements of a map.
func (f fields[T]) mapping(at path.Path, m types.Map) (map[string]T, error) {
	if len(m.Elements()) == 0 {
		return nil, nil //nolint:nilnil // not stated
	}
	elements, out := m.Elements(), make(map[string]T)
	for _, key := range slices.Sorted(maps.Keys(elements)) {
		element, err := f.element(at.AtMapKey(key), elements[key])
		if err != nil {
			return nil, err
		}
		out[key] = element
	}
	return out, nil
}

func (f fields[T]) element(at path.Path, v attr.Value) (T, error) {
	var out T
	if v.IsNull() {
		return out, &fieldError{at, errors.New("a null element states nothing; leave the element out to state none")}
	}
	o, _ := v.(types.Object)
	values := o.Attributes()
	for i := range f {
		if v := values[f[i].name]; v != nil && !v.IsNull() {
			f[i].set(&out, v)
		}
	}
	return out, nil
}
