package policy

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// fact is one field that a condition can read.
type fact struct {
	name string
	typ  *cel.Type
	get  func(*lifecycle.Subject) any
	// words lists all values of the fact, or of the elements of a list; nil if they
	// are not limited.
	words func() []string
}

// object is one variable of a condition. The type checker, the evaluation and
// the error messages all use this list of facts.
type object struct {
	variable string
	typ      *cel.Type
	facts    []fact
}

var listOfStrings = cel.ListType(cel.StringType)

// objects are the variables of a condition. All their facts are configuration
// of the grant or part of the binding's digest: otherwise a fact could change
// between plan and apply, and change the decision without being noticed. None
// of them is an instant or an age, so that the result of a condition does not
// change with time.
var objects = []object{
	{"asset", cel.ObjectType("Asset"), []fact{
		{"system", cel.StringType, func(s *lifecycle.Subject) any { return s.Binding.Asset.System }, nil},
		{"id", cel.StringType, func(s *lifecycle.Subject) any { return s.Binding.Asset.ID }, nil},
		{"class", cel.StringType, func(s *lifecycle.Subject) any { return s.Binding.Class }, nil},
		{"bound_to", cel.StringType, func(s *lifecycle.Subject) any { return s.Binding.BoundTo.String() }, lifecycle.BoundTos},
		{"open_tasks", listOfStrings, func(s *lifecycle.Subject) any { return taskKinds(s.Binding) }, lifecycle.TaskKinds},
		{"state", cel.StringType, func(s *lifecycle.Subject) any { return s.Binding.State.String() }, lifecycle.States},
		{"purpose", cel.StringType, func(s *lifecycle.Subject) any { return s.Binding.Purpose }, nil},
		{"environment", cel.StringType, func(s *lifecycle.Subject) any { return s.Binding.Environment }, nil},
		{"criticality", cel.StringType, func(s *lifecycle.Subject) any { return s.Binding.Criticality }, nil},
		{"third_party", cel.BoolType, func(s *lifecycle.Subject) any { return s.Binding.ThirdParty }, nil},
		{"shared", cel.BoolType, func(s *lifecycle.Subject) any { return s.Binding.Shared }, nil},
	}},
	{"owner", cel.ObjectType("Owner"), []fact{
		{"id", cel.StringType, func(s *lifecycle.Subject) any { return s.Binding.Holder }, nil},
		{"kind", cel.StringType, func(s *lifecycle.Subject) any { return s.Binding.OwnerKind.String() }, orUnstated(lifecycle.OwnerKinds)},
		{"status", cel.StringType, func(s *lifecycle.Subject) any { return s.Binding.OwnerStatus.String() }, lifecycle.OwnerStatuses},
		{"manager", cel.StringType, func(s *lifecycle.Subject) any { return s.Binding.Manager }, nil},
		{"teams", listOfStrings, func(s *lifecycle.Subject) any { return s.Binding.Teams }, nil},
	}},
	{"grant", cel.ObjectType("Grant"), []fact{
		{"access", cel.StringType, func(s *lifecycle.Subject) any { return s.Spec.Access }, nil},
		{"risk", cel.StringType, func(s *lifecycle.Subject) any { return s.Risk.String() }, lifecycle.Risks},
		{"issued", cel.BoolType, func(s *lifecycle.Subject) any { return s.Issued }, nil},
		{"on_block", cel.StringType, func(s *lifecycle.Subject) any { return s.Spec.OnBlock.String() }, lifecycle.OnBlocks},
	}},
	{"binding", cel.ObjectType("Binding"), []fact{
		{"confidence", cel.DoubleType, func(s *lifecycle.Subject) any { return float64(s.Binding.Confidence) / 100 }, nil},
		{"findings", listOfStrings, func(s *lifecycle.Subject) any { return findingCodes(s.Binding) }, bindingCodes},
		{"successor", cel.StringType, func(s *lifecycle.Subject) any { return s.Binding.Successor }, nil},
		{"lifecycle_owner", cel.StringType, func(s *lifecycle.Subject) any { return s.Binding.LifecycleOwner }, nil},
	}},
}

// orUnstated adds the empty string to the words of a fact that may be unstated.
func orUnstated(words func() []string) func() []string {
	return func() []string { return append([]string{""}, words()...) }
}

func taskKinds(b *lifecycle.Binding) []string {
	kinds := make([]string, len(b.TaskKinds))
	for i, k := range b.TaskKinds {
		kinds[i] = k.String()
	}
	return kinds
}

func findingCodes(b *lifecycle.Binding) []string {
	codes := make([]string, len(b.Findings))
	for i := range b.Findings {
		codes[i] = b.Findings[i].Code.String()
	}
	return codes
}

// factAt returns the fact that is read by a path such as owner, teams; nil if
// there is none.
func factAt(path []string) *fact {
	if len(path) != 2 {
		return nil
	}
	for i := range objects {
		for j := range objects[i].facts {
			if objects[i].variable == path[0] && objects[i].facts[j].name == path[1] {
				return &objects[i].facts[j]
			}
		}
	}
	return nil
}

// ConditionFields lists the facts that a condition can read, in the form in
// which it reads them: "asset.class", "owner.teams", …
func ConditionFields() []string {
	var fields []string
	for _, o := range objects {
		for _, f := range o.facts {
			fields = append(fields, o.variable+"."+f.name)
		}
	}
	return fields
}

// activation gives an evaluation its variables.
type activation struct{ subject *lifecycle.Subject }

func (a activation) ResolveName(name string) (any, bool) {
	for i := range objects {
		if objects[i].variable == name {
			return view{&objects[i], a.subject}, true
		}
	}
	return nil, false
}

func (activation) Parent() cel.Activation { return nil }

// view is one variable as a CEL value. Nothing is copied: the fields are read
// through the provider's getters.
type view struct {
	object  *object
	subject *lifecycle.Subject
}

func (v view) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("%s cannot be converted to %s", v.object.variable, t)
}

func (v view) ConvertToType(t ref.Type) ref.Val {
	return types.NewErr("%s cannot be converted to %s", v.object.variable, t.TypeName())
}

func (v view) Equal(other ref.Val) ref.Val { return types.Bool(other == ref.Val(v)) }

func (v view) Type() ref.Type { return v.object.typ }

func (v view) Value() any { return v }

// typeProvider tells CEL about the objects. Everything else is left to an empty
// registry: no protocol buffer is known, so that no expression can build one.
type typeProvider struct{ *types.Registry }

func objectOf(typ string) (*object, bool) {
	i := slices.IndexFunc(objects, func(o object) bool { return o.typ.TypeName() == strings.TrimPrefix(typ, ".") })
	if i < 0 {
		return nil, false
	}
	return &objects[i], true
}

func (p typeProvider) FindStructType(name string) (*types.Type, bool) {
	if o, ok := objectOf(name); ok {
		return types.NewTypeTypeWithParam(o.typ), true
	}
	return p.Registry.FindStructType(name)
}

func (p typeProvider) FindStructFieldNames(name string) ([]string, bool) {
	o, ok := objectOf(name)
	if !ok {
		return p.Registry.FindStructFieldNames(name)
	}
	names := make([]string, len(o.facts))
	for i := range o.facts {
		names[i] = o.facts[i].name
	}
	return names, true
}

func (p typeProvider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	o, ok := objectOf(name)
	if !ok {
		return p.Registry.FindStructFieldType(name, field)
	}
	for i := range o.facts {
		if f := &o.facts[i]; f.name == field {
			return &types.FieldType{Type: f.typ, IsSet: f.isSet, GetFrom: f.from}, true
		}
	}
	return nil, false
}

// from implements the getter of a field.
func (f *fact) from(target any) (any, error) {
	v, ok := target.(view)
	if !ok {
		return nil, fmt.Errorf("%s cannot be read from %T", f.name, target)
	}
	return f.get(v.subject), nil
}

// isSet implements has(): a fact that is empty was not stated.
func (f *fact) isSet(target any) bool {
	v, err := f.from(target)
	if err != nil {
		return false
	}
	switch v := v.(type) {
	case string:
		return v != ""
	case []string:
		return len(v) > 0
	default:
		return true
	}
}
