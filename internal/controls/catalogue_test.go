package controls

import (
	"strings"
	"testing"
	"testing/fstest"
)

// minimal is a catalogue with a place for what its only control says.
const minimal = `
name: cobit
title: COBIT
version: "2019"
source: https://example.org/cobit
prefix: COBIT
controls:
`

func TestMistakesAreFound(t *testing.T) {
	control := func(when string) string {
		return minimal + "  - { id: DSS05, subject: Security, when: [" + when + "] }\n"
	}
	for name, tt := range map[string]struct{ text, want string }{
		"finding":   {control("{ findings: [owner.lft] }"), `"owner.lft" is not a known finding code`},
		"column":    {control("{ findings: [owner.left], bound_to: device }"), `"device" is not a known bound_to`},
		"task":      {control("{ findings: [task.open], tasks: [onboarding] }"), `"onboarding" is not a known task kind`},
		"fact":      {control("{ findings: [asset.changed], changed: [colour] }"), `"colour" is not a fact that can change; accepted: class, environment`},
		"rotation":  {control("{ rotation: [later] }"), `"later" is not a known rotation`},
		"key":       {control("{ finding: [owner.left] }"), `unknown field "finding"`},
		"twice":     {control("{ findings: [owner.left, owner.left] }"), `"owner.left" is listed twice`},
		"condition": {control("{}"), "a selector without a condition selects every finding"},
		"when":      {control(""), "id, subject and when are required"},
		"id":        {control("{ findings: [owner.left] }") + "  - { id: DSS05, subject: Security, when: [{ findings: [owner.none] }] }\n", `"DSS05" is listed twice`},
		"column twice": {
			strings.Replace(control("{ findings: [owner.left], bound_to: person }"), "prefix:", "bound_to: workload\nprefix:", 1),
			"bound_to is given for the whole framework already",
		},
		"column of the framework": {
			strings.Replace(control("{ findings: [owner.left] }"), "prefix:", "bound_to: device\nprefix:", 1), `"device" is not a known bound_to`,
		},
		"title": {strings.Replace(control("{ findings: [owner.left] }"), "title: COBIT\n", "", 1), "title, version, source, prefix and controls are required"},
		"name":  {strings.Replace(control("{ findings: [owner.left] }"), "name: cobit", "name: itil", 1), `the name "itil" is not that of the file`},
		"key twice": {
			control("{ findings: [owner.left] }") + "title: again\n", `"title" already defined`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(fstest.MapFS{"catalogues/cobit.yaml": {Data: []byte(tt.text)}})
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "catalogues/cobit.yaml") {
				t.Errorf("read: %v, want an error of catalogues/cobit.yaml with %q", err, tt.want)
			}
		})
	}
	if _, err := read(fstest.MapFS{"catalogues/cobit.yaml": {Data: []byte(control("{ findings: [owner.left] }"))}}); err != nil {
		t.Error(err)
	}
}
