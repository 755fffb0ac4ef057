package acctest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/check"
)

// StateFile is where the state of a folder stands.
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

func (f *Folder) state() stateFile {
	f.t.Helper()
	var s stateFile
	data, err := os.ReadFile(f.path(StateFile))
	if os.IsNotExist(err) {
		return s
	}
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber() // as the checks expect
		err = decoder.Decode(&s)
	}
	if err != nil {
		f.t.Fatal(err)
	}
	return s
}

// Attributes returns the attributes of a resource or data source in the state,
// by its address; nil if it is not there.
func (f *Folder) Attributes(address string) map[string]any {
	f.t.Helper()
	var found map[string]any
	f.each(func(at string, attributes map[string]any) {
		if at == address {
			found = attributes
		}
	})
	return found
}

// each visits the instances in the state.
func (f *Folder) each(visit func(address string, attributes map[string]any)) {
	f.t.Helper()
	for _, r := range f.state().Resources {
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
			case json.Number:
				at += fmt.Sprintf("[%s]", key)
			}
			visit(at, i.Attributes)
		}
	}
}

// State returns the resources and data sources of the state, by what a check of
// terraform-plugin-testing goes by.
func (f *Folder) State() *tfjson.State {
	f.t.Helper()
	module := &tfjson.StateModule{}
	f.each(func(address string, attributes map[string]any) {
		module.Resources = append(module.Resources, &tfjson.StateResource{Address: address, AttributeValues: attributes})
	})
	return &tfjson.State{Values: &tfjson.StateValues{RootModule: module}}
}

// Holds fails the test unless the attributes of a resource read as told: name,
// text, name, text. A name may lead into objects and maps: "generations.g1.enabled".
// A map reads as its keys, a list as its items, findings and the sentences about them as
// their codes.
func (f *Folder) Holds(address string, pairs ...string) {
	f.t.Helper()
	attributes := f.Attributes(address)
	if attributes == nil {
		f.t.Fatalf("%s is not in the state", address)
	}
	for i := 0; i < len(pairs); i += 2 {
		found := Dig(attributes, pairs[i])
		if pairs[i] == "because" {
			found = codes(found)
		}
		if got := Text(found); got != pairs[i+1] {
			f.t.Errorf("%s: %s is %q, not %q", address, pairs[i], got, pairs[i+1])
		}
	}
	if f.t.Failed() {
		f.t.FailNow()
	}
}

// codes takes the codes out of sentences about findings.
func codes(sentences any) any {
	list, _ := sentences.([]any)
	out := make([]any, len(list))
	for i, s := range list {
		out[i], _, _ = strings.Cut(Text(s), " ")
	}
	return out
}

// Output returns the text of a root output.
func (f *Folder) Output(name string) string {
	f.t.Helper()
	return Text(f.state().Outputs[name].Value)
}

// Dig follows a path through a value as the checks of a resource do; nil if nothing is
// there.
func Dig(value any, path string) any { return check.Dig(value, path) }

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
