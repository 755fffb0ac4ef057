package lifecycle_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	. "github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

// object is a part of a case as it is written.
type object map[string]any

// over returns the object with another laid over it. Null takes a value out.
func (o object) over(other object) object {
	out := object{}
	maps.Copy(out, o)
	for k, v := range other {
		if v == nil {
			delete(out, k)
		} else {
			out[k] = v
		}
	}
	return out
}

// into reads the object into a Go value. Unknown keys are errors.
func (o object) into(t *testing.T, out any) {
	t.Helper()
	data, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(out); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
}

// date is an instant as cases write it: a date alone is the start of that day.
type date struct{ time.Time }

func (d *date) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	layout := time.RFC3339
	if len(text) == len(time.DateOnly) {
		layout = time.DateOnly
	}
	var err error
	d.Time, err = time.Parse(layout, text)
	return err
}

// show writes an instant as cases do.
func show(t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case t.Truncate(day).Equal(t):
		return t.Format(time.DateOnly)
	default:
		return t.Format(time.RFC3339)
	}
}

// schema compiles a definition of the cases' schema, or all of it for "".
func schema(t *testing.T, definition string) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile("testdata/case.schema.json" + definition)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// readYAML reads a file and checks it against the schema, if there is one.
func readYAML(t *testing.T, path string, s *jsonschema.Schema, out any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data, err = yaml.YAMLToJSON(data)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if s != nil {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(out); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// healthy is what every case starts from.
type healthy struct {
	Now     date
	Record  object
	People  map[string]object
	Members map[string]int
	Binding object
	Spec    object
}

func readHealthy(t *testing.T) healthy {
	t.Helper()
	var h healthy
	readYAML(t, "testdata/healthy.yaml", nil, &h)
	return h
}

// readCases reads every file of a folder of cases.
func readCases[T any](t *testing.T, folder string) map[string][]T {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases in %s: %v", folder, err)
	}
	s := schema(t, "")
	out := map[string][]T{}
	for _, path := range paths {
		var cases []T
		readYAML(t, path, s, &cases)
		out[strings.TrimSuffix(filepath.Base(path), ".yaml")] = cases
	}
	return out
}

// rulesOf compiles a case's policy document; without one it is the baseline. Unless
// a case says otherwise nothing is spread, so that instants can be read.
func rulesOf(t *testing.T, doc object, name string) *Rules {
	t.Helper()
	if doc == nil {
		return unspread(policy.Baseline())
	}
	data, err := json.Marshal(doc.over(object{"version": 1}))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := policy.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := policy.Compile(parsed, name)
	if err != nil {
		t.Fatal(err)
	}
	return unspread(rules)
}

// unspread returns the rules with all renewals at the same time, unless they say how
// renewals are spread.
func unspread(rules *Rules) *Rules {
	out := *rules
	if !slices.ContainsFunc(out.Lifetimes, func(l Lifetime) bool { return l.Spread != nil }) {
		out.Lifetimes = append([]Lifetime{{Spread: pointer(time.Duration(0))}}, out.Lifetimes...)
	}
	return &out
}

func parsed[T any](t *testing.T, s string, parse func(string) (T, error)) T {
	t.Helper()
	var v T
	if s == "" {
		return v
	}
	v, err := parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func codesOf(t *testing.T, names []string) CodeSet {
	t.Helper()
	var set CodeSet
	for _, n := range names {
		set = set.With(parsed(t, n, ParseCode))
	}
	return set
}

func tristate(b *bool) Tristate {
	if b == nil {
		return Unstated
	}
	return TristateOf(*b)
}

// mismatches collects named values of what is wanted and of what came out, and says
// where they differ.
type mismatches struct{ differences []string }

func (s *mismatches) compare(name, want, got string) {
	if want != got {
		s.differences = append(s.differences, fmt.Sprintf("%-16s want %s\n%-16s got  %s", name, quoted(want), "", quoted(got)))
	}
}

func quoted(s string) string {
	if s == "" {
		return "(nothing)"
	}
	return s
}

func (s *mismatches) report(t *testing.T, what string) {
	t.Helper()
	if len(s.differences) > 0 {
		t.Errorf("%s\n%s", what, strings.Join(s.differences, "\n"))
	}
}
