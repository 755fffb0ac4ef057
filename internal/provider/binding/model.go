package binding

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// model is a custody_binding in configuration, plan and state: the values of its
// attributes by name.
type model map[string]attr.Value

var modelTypes = func() map[string]attr.Type {
	out := typesOf(arguments)
	maps.Copy(out, facts.Types())
	out[factsName] = types.StringType
	return out
}()

type (
	reader interface {
		Get(context.Context, any) diag.Diagnostics
	}
	writer interface {
		Set(context.Context, any) diag.Diagnostics
	}
)

// load reads a plan or a state.
func load(ctx context.Context, from reader, diags *diag.Diagnostics) model {
	var object types.Object
	diags.Append(from.Get(ctx, &object)...)
	return object.Attributes()
}

// store writes a plan or a state.
func (m model) store(ctx context.Context, into writer, diags *diag.Diagnostics) {
	diags.Append(into.Set(ctx, types.ObjectValueMust(modelTypes, m))...)
}

// known reports whether every argument is wholly known.
func (m model) known() bool {
	for i := range arguments {
		if !value.WhollyKnown(m[arguments[i].name]) {
			return false
		}
	}
	return true
}

// question joins the arguments; they must be known.
func (m model) question() (lifecycle.Question, error) {
	var q lifecycle.Question
	err := readAll(arguments, m, &q)
	return q, err
}

// set fills in what was found out about the asset that q asks for. The text for
// grants stays as it was while nothing but names differs; a new binding leaves the
// asset's name out of it, which may be edited before the apply.
func (m model) set(b *lifecycle.Binding, q *lifecycle.Question, prior model) {
	facts.Write(m, b)
	if prior == nil {
		nameless := *b
		nameless.Name = ""
		m[factsName] = types.StringValue(Facts(&nameless, q))
		return
	}
	text := value.TextOf(prior[factsName])
	if !saysButNames(text, b, q) {
		text = Facts(b, q)
	}
	m[factsName] = types.StringValue(text)
}

// unknown marks everything that depends on facts as unknown.
func (m model) unknown() {
	facts.Unknown(m)
	m[factsName] = types.StringUnknown()
}

// leaveShownUnknown leaves open what no decision depends on. Terraform plans a binding that is to
// be created once more at apply and takes any other answer for a defect of the
// provider: a name that was edited meanwhile must not stop an apply.
func (m model) leaveShownUnknown() { shown.Unknown(m) }

// hold takes the last known facts of the asset that q asks for over from the prior
// state.
func (m model) hold(q *lifecycle.Question, prior model) error {
	b, _, err := FromFacts(value.TextOf(prior[factsName]))
	if err != nil {
		return err
	}
	for i := range shown {
		m[shown[i].Name] = prior[shown[i].Name]
	}
	m["id"] = prior["id"]
	b.Held = true
	kept.Write(m, &b)
	m[factsName] = types.StringValue(Facts(&b, q))
	return nil
}
