package check

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
)

// Attributes are what is expected of a resource, by the path of an attribute:
// "generations.g1.enabled", "open_tasks.0.id". A text, a number, a truth value
// and nil stand for themselves; anything else is a knownvalue.Check or Unknown.
type Attributes map[string]any

// Unknown is a value that is known after apply only.
var Unknown = unknown{}

type unknown struct{}

// Expectation is what is expected of a resource or data source, in a plan and in
// a state.
type Expectation struct {
	address string
	want    Attributes
}

var (
	_ plancheck.PlanCheck   = Expectation{}
	_ statecheck.StateCheck = Expectation{}
)

// Resource expects attributes of the resource or data source of an address.
func Resource(address string, want Attributes) Expectation { return Expectation{address, want} }

// CheckPlan looks at what the resource is to become.
func (e Expectation) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	for _, change := range req.Plan.ResourceChanges {
		if change.Address == e.address {
			resp.Error = e.check(change.Change.After, change.Change.AfterUnknown)
			return
		}
	}
	resp.Error = fmt.Errorf("%s is not in the plan", e.address)
}

// CheckState looks at what the resource is.
func (e Expectation) CheckState(_ context.Context, req statecheck.CheckStateRequest, resp *statecheck.CheckStateResponse) {
	for _, r := range resources(req.State) {
		if r.Address == e.address {
			resp.Error = e.check(r.AttributeValues, nil)
			return
		}
	}
	resp.Error = fmt.Errorf("%s is not in the state", e.address)
}

func (e Expectation) check(values, unknowns any) error {
	var problems []string
	for _, path := range slices.Sorted(maps.Keys(e.want)) {
		if err := compare(values, unknowns, path, e.want[path]); err != nil {
			problems = append(problems, fmt.Sprintf("%s: %s: %v", e.address, path, err))
		}
	}
	return joined(problems)
}

func compare(values, unknowns any, path string, want any) error {
	if later, _ := dig(unknowns, path); later == true {
		if want == Unknown {
			return nil
		}
		return fmt.Errorf("it is known after apply only")
	}
	value, found := dig(values, path)
	if !found {
		return fmt.Errorf("there is no such attribute")
	}
	switch want := want.(type) {
	case unknown:
		return fmt.Errorf("it is known: %v", value)
	case nil:
		return knownvalue.Null().CheckValue(value)
	case string:
		return knownvalue.StringExact(want).CheckValue(value)
	case bool:
		return knownvalue.Bool(want).CheckValue(value)
	case int:
		return knownvalue.Int64Exact(int64(want)).CheckValue(value)
	case float64:
		return knownvalue.Float64Exact(want).CheckValue(value)
	case knownvalue.Check:
		return want.CheckValue(value)
	default:
		return fmt.Errorf("a %T cannot be expected", want)
	}
}

// Dig follows a path through a value as Attributes do; nil if nothing is there.
func Dig(value any, path string) any {
	found, _ := dig(value, path)
	return found
}

// dig follows a path through objects, maps and lists, and through texts that hold
// JSON, in which what is left out is null. A key of a map may hold dots, as the codes
// of findings do; "current" is the newest of a grant's generations. What is unknown as
// a whole is so in every part.
func dig(value any, path string) (any, bool) {
	switch v := value.(type) {
	case bool:
		return v, v
	case string:
		object := decoded(v)
		if object == nil {
			return nil, false
		}
		found, _ := dig(object, path)
		return found, true
	case map[string]any:
		if next, ok := v[path]; ok {
			return next, true
		}
		for i, r := range path {
			if next, ok := v[path[:i]]; ok && r == '.' {
				if found, ok := dig(next, path[i+1:]); ok {
					return found, true
				}
			}
		}
		if rest, ok := strings.CutPrefix(path, "current."); ok {
			return dig(v[newest(v)], rest)
		}
	case []any:
		index, rest, more := strings.Cut(path, ".")
		i, err := strconv.Atoi(index)
		if err != nil || i < 0 || i >= len(v) {
			return nil, false
		}
		if !more {
			return v[i], true
		}
		return dig(v[i], rest)
	}
	return nil, false
}

// decoded reads an object that stands in a text; nil if the text holds none.
func decoded(text string) map[string]any {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var object map[string]any
	if decoder.Decode(&object) != nil {
		return nil
	}
	return object
}

// newest returns the greatest key of generations.
func newest(generations map[string]any) string {
	return slices.MaxFunc(append(slices.Collect(maps.Keys(generations)), ""), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
}

// resources lists the resources and data sources of a state, those of modules
// included.
func resources(state *tfjson.State) []*tfjson.StateResource {
	if state == nil || state.Values == nil {
		return nil
	}
	var out []*tfjson.StateResource
	var add func(m *tfjson.StateModule)
	add = func(m *tfjson.StateModule) {
		out = append(out, m.Resources...)
		for _, child := range m.ChildModules {
			add(child)
		}
	}
	add(state.Values.RootModule)
	return out
}
