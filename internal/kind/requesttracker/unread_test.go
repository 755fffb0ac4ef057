package requesttracker

import (
	"strings"
	"testing"
)

// A custom field that shows several values where one is needed, or a hidden one,
// states nothing, and that is said.
func TestFieldsThatStateNothing(t *testing.T) {
	custom := `"CustomFields":[{"name":"Environment","values":["staging","production"]},{"name":"criticality","values":["********"]},
		{"name":"Purpose","values":["Sales","Travel"]},{"name":"Shared","values":["[hidden]"]},{"name":"End","values":["ENCRYPTED"]}],"_hyp`
	_, p := fake(t, map[string]string{
		"/asset/7":      `{"id":7,` + strings.Replace(plain, `"_hyp`, custom, 1) + `}`,
		"/assets":       `{"count":0,"total":0,"items":[]}`,
		"/customfields": `{"count":5,"total":5,"items":[{"id":"1","Name":"Environment"},{"id":"2","Name":"Criticality"},{"id":"3","Name":"Purpose"},{"id":"4","Name":"Shared"},{"id":"5","Name":"End"}]}`,
	})
	s := mustOpen(t, Config{Name: "hq", URL: p.URL, Token: "1-2-3", Fields: map[string]string{
		fieldEnvironment: "Environment", fieldCriticality: "Criticality", fieldPurpose: "Purpose", fieldShared: "Shared", fieldRetirementDate: "End",
	}})
	r := one(t, s, "7")
	want := []string{
		`The record holds several values of environment ("production", "staging"), so it counts as not stated.`,
		`The system shows "********" in place of a value of criticality, which counts as not stated.`,
		`The system shows "ENCRYPTED" in place of a value of retirement_date, which counts as not stated.`,
		`The system shows "[hidden]" in place of a value of shared, which counts as not stated.`,
	}
	if got := strings.Join(r.Unread, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("got %s", got)
	}
	if r.Environment != "" || r.Criticality != "" || r.Purpose != "Sales, Travel" || !r.RetirementDate.IsZero() {
		t.Errorf("got %+v", r)
	}
}
