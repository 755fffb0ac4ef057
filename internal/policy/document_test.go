package policy_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

func TestRender(t *testing.T) {
	doc := &policy.Document{
		Extends:    &policy.Document{LeadTime: ptr("1w")},
		Confidence: &policy.Confidence{AutomateAt: ptr(policy.Hundredths(90)), RequiredFields: []string{}},
		Triggers:   []policy.Trigger{{On: "*", When: ptr(`binding.confidence < 0.5 && asset.id != "<x>"`), Action: "review"}},
		Classes:    map[string]policy.Class{"b": {BoundTo: ptr("person")}, "a": {BoundTo: ptr("workload")}},
	}
	const want = `{
  "version": 1,
  "extends": {
    "version": 1,
    "lead_time": "1w"
  },
  "confidence": {
    "automate_at": 0.9,
    "required_fields": []
  },
  "triggers": [
    {
      "on": "*",
      "when": "binding.confidence < 0.5 && asset.id != \"<x>\"",
      "action": "review"
    }
  ],
  "classes": {
    "a": {
      "bound_to": "workload"
    },
    "b": {
      "bound_to": "person"
    }
  }
}
`
	if got := string(policy.Render(doc)); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if doc.Version != 0 || doc.Extends.Version != 0 {
		t.Error("Render changed the document")
	}
}

func TestParseBounds(t *testing.T) {
	for want, data := range map[string][]byte{
		"at most 1048576 are accepted": append([]byte(`{}`), bytes.Repeat([]byte(" "), policy.MaxSize)...),
		"not valid UTF-8":              []byte("{\"lead_time\": \"\xff\"}"),
		"nests deeper":                 []byte(strings.Repeat("[", 10_000)),
		"nests deeper than the 40":     []byte(strings.Repeat(`{"extends":`, 10_000)),
	} {
		if _, err := policy.Parse(data); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %.200v, want an error that says %q", err, want)
		}
	}
	deepest := strings.Repeat(`{"extends":`, policy.MaxExtends) + `{"triggers":[{"on":"*","action":"keep"}]}` + strings.Repeat("}", policy.MaxExtends)
	doc, err := policy.Parse([]byte(deepest))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := policy.Compile(doc, "provider policy"); err != nil {
		t.Fatal(err)
	}
}

// FuzzParse: no document makes the package panic, and what is accepted comes
// back unchanged from its own rendering.
func FuzzParse(f *testing.F) {
	for _, folder := range []string{"valid", "invalid"} {
		for _, data := range documents(f, folder) {
			f.Add(data)
		}
	}
	f.Add(policy.BaselineJSON())
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := policy.Parse(data)
		if err != nil {
			return
		}
		again, err := policy.Parse(policy.Render(doc))
		if err != nil {
			t.Fatalf("%s\nwas accepted, but its rendering is not: %v", data, err)
		}
		if !reflect.DeepEqual(doc, again) {
			t.Fatalf("%s\nreads back as\n%s", policy.Render(doc), policy.Render(again))
		}
		rules, err := policy.Compile(doc, "provider policy")
		if (rules == nil) == (err == nil) {
			t.Fatalf("got %v and %v", rules, err)
		}
		if err != nil && err.Error() == "" {
			t.Fatal("an error without a text")
		}
	})
}
