package acctest

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// StateFile is where the state of a workspace stands.
const StateFile = "terraform.tfstate"

// stateFile is what a test reads of a state. It is read from the file and not
// with show: most tests read it, and a command takes a third of a second.
type stateFile struct {
	Outputs map[string]struct {
		Value any `json:"value"`
	} `json:"outputs"`
	Resources []struct {
		Module, Mode, Type, Name string
		Instances                []struct {
			IndexKey   any            `json:"index_key"`
			Attributes map[string]any `json:"attributes"`
		}
	} `json:"resources"`
}

func (w *Workspace) state() stateFile {
	w.t.Helper()
	var s stateFile
	data, err := os.ReadFile(w.path(StateFile))
	if os.IsNotExist(err) {
		return s
	}
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// Attributes returns the attributes of a resource or data source in the state,
// by its address; nil if it is not there.
func (w *Workspace) Attributes(address string) map[string]any {
	w.t.Helper()
	for _, r := range w.state().Resources {
		prefix := r.Type + "." + r.Name
		if r.Mode == "data" {
			prefix = "data." + prefix
		}
		if r.Module != "" {
			prefix = r.Module + "." + prefix
		}
		for _, i := range r.Instances {
			at := prefix
			switch key := i.IndexKey.(type) {
			case string:
				at += fmt.Sprintf("[%q]", key)
			case float64:
				at += fmt.Sprintf("[%d]", int(key))
			}
			if at == address {
				return i.Attributes
			}
		}
	}
	return nil
}

// Addresses lists the instances of a kind of resource in the state, sorted.
func (w *Workspace) Addresses(kind string) []string {
	w.t.Helper()
	var out []string
	for _, r := range w.state().Resources {
		if r.Type != kind {
			continue
		}
		for _, i := range r.Instances {
			out = append(out, fmt.Sprintf("%s[%v]", r.Name, i.IndexKey))
		}
	}
	slices.Sort(out)
	return out
}

// Holds fails the test unless the attributes of a resource read as told: name,
// text, name, text. A name may lead into objects and maps: "generations.g1.enabled".
// A map reads as its keys, a list as its items, a list of findings as their codes.
func (w *Workspace) Holds(address string, pairs ...string) {
	w.t.Helper()
	attributes := w.Attributes(address)
	if attributes == nil {
		w.t.Fatalf("%s is not in the state", address)
	}
	for i := 0; i < len(pairs); i += 2 {
		if got := Text(Dig(attributes, pairs[i])); got != pairs[i+1] {
			w.t.Errorf("%s: %s is %q, not %q", address, pairs[i], got, pairs[i+1])
		}
	}
	if w.t.Failed() {
		w.t.FailNow()
	}
}

// Output returns the text of a root output.
func (w *Workspace) Output(name string) string {
	w.t.Helper()
	return Text(w.state().Outputs[name].Value)
}

// Dig follows a path of names through objects and maps.
func Dig(value any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		m, _ := value.(map[string]any)
		value = m[name]
	}
	return value
}

// Text writes a value of the state on one line.
func Text(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case map[string]any:
		if code, ok := v["code"].(string); ok {
			return code
		}
		return strings.Join(slices.Sorted(maps.Keys(v)), " ")
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = Text(item)
		}
		return strings.Join(items, " ")
	default:
		return fmt.Sprint(v)
	}
}

// PlanJSON plans and returns the plan in its machine form.
func (w *Workspace) PlanJSON(args ...string) *tfjson.Plan {
	w.t.Helper()
	w.Run(append([]string{"plan", "-no-color", "-out=json.tfplan"}, args...)...).Ok()
	var plan tfjson.Plan
	w.show(&plan, "json.tfplan")
	return &plan
}

func (w *Workspace) show(into json.Unmarshaler, args ...string) {
	w.t.Helper()
	cmd := w.command(append([]string{"show", "-json"}, args...))
	out, err := cmd.Output()
	if err != nil {
		w.t.Fatalf("show: %v", err)
	}
	if err := into.UnmarshalJSON(out); err != nil {
		w.t.Fatal(err)
	}
}
