package binding

import (
	"fmt"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// ObjectTypes are the attributes that a grant keeps of its binding: what a
// decision depends on, and what apply needs to assess the asset again.
var ObjectTypes = typesWith(kept)

// FromObject reads the object that a grant keeps of its binding. The object must
// be wholly known. An error means that it was not written by a custody_binding.
func FromObject(object types.Object) (lifecycle.Binding, lifecycle.Question, error) {
	values := object.Attributes()
	var q lifecycle.Question
	if err := readAll(arguments, values, &q); err != nil {
		return lifecycle.Binding{}, q, err
	}
	b, err := remembered(values, q.Asset)
	if err != nil {
		return lifecycle.Binding{}, q, err
	}
	return *b, q, nil
}

// remembered reads the kept facts back.
func remembered(values map[string]attr.Value, asset lifecycle.Ref) (*lifecycle.Binding, error) {
	b := &lifecycle.Binding{Asset: asset}
	if err := kept.Read(values, b); err != nil {
		return nil, err
	}
	if value.TextOf(values["digest"]) != b.Digest() {
		return nil, fmt.Errorf("its digest does not match its other attributes")
	}
	return b, nil
}

// typesWith returns the types of all arguments and of the given facts.
func typesWith(facts attribute.Table[lifecycle.Binding]) map[string]attr.Type {
	out := typesOf(arguments)
	maps.Copy(out, facts.Types())
	return out
}
