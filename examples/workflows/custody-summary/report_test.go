package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// held fails the test unless a report is as the schema says.
func held(t *testing.T, text string) {
	t.Helper()
	schema, err := os.ReadFile(filepath.FromSlash("../../../schema/summary.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	of, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("summary.json", of); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("summary.json")
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled.Validate(v); err != nil {
		t.Errorf("%v in\n%s", err, text)
	}
}

func planOf(changes ...string) string {
	return `{"format_version":"1.2","timestamp":"2030-01-15T09:00:00Z","resource_changes":[` + strings.Join(changes, ",") + `]}`
}

func grantThat(actions, before, after string) string {
	return `{"address":"custody_grant.x","mode":"managed","type":"custody_grant","change":{"actions":[` + actions + `],"before":` + before + `,"after":` + after + `}}`
}

// A pipeline lets changes pass by their class.
func TestClasses(t *testing.T) {
	const (
		g1, g2    = `"g1":{"enabled":true,"expires_at":"2030-03-01T00:00:00Z"}`, `"g2":{"enabled":true,"expires_at":"2030-06-01T00:00:00Z"}`
		shortened = `"g1":{"enabled":true,"expires_at":"2030-01-20T00:00:00Z"}`
		ended     = `"g1":{"enabled":true,"expires_at":"2030-01-15T09:00:00Z"}`
		disabled  = `"g1":{"enabled":false,"expires_at":"2030-03-01T00:00:00Z"}`
	)
	with := func(status string, generations ...string) string {
		return `{"status":"` + status + `","generations":{` + strings.Join(generations, ",") + `}}`
	}
	for name, c := range map[string]struct {
		actions, before, after string
		want                   class
	}{
		"new":                     {`"create"`, `null`, with("active", g1), adds},
		"new and blocked":         {`"create"`, `null`, with("blocked"), keeps},
		"unblocked":               {`"update"`, with("blocked"), with("active", g1), adds},
		"enabled again":           {`"update"`, with("blocked", disabled), with("active", g1), adds},
		"renewed":                 {`"update"`, with("active", g1), with("active", g1, g2), rotates},
		"rotated at once":         {`"update"`, with("active", g1), with("active", g2), rotates},
		"replaced under its key":  {`"delete","create"`, with("active", g1), with("active", g1), rotates},
		"an overlap ends early":   {`"update"`, with("active", g1, g2), with("active", g2), reduces},
		"an overlap ends":         {`"update"`, with("active", ended, g2), with("active", g2), keeps},
		"shortened":               {`"update"`, with("active", g1), with("active", shortened), reduces},
		"not renewed any more":    {`"update"`, with("review", g1), with("lapsing", g1), reduces},
		"under review":            {`"update"`, with("active", g1), with("review", g1), keeps},
		"revoked":                 {`"update"`, with("active", g1, g2), with("revoked"), cuts},
		"blocked":                 {`"update"`, with("active", g1), with("blocked", disabled), cuts},
		"destroyed":               {`"delete"`, with("active", g1), `null`, cuts},
		"destroyed when it ended": {`"delete"`, with("expired", ended), `null`, keeps},
	} {
		got := summaryOf(t, 0, planOf(grantThat(c.actions, c.before, c.after)), "-format", "json")
		held(t, got)
		var r report
		if err := json.Unmarshal([]byte(got), &r); err != nil || len(r.Changes) != 1 || r.Changes[0].Class != c.want || r.Classes[c.want] != 1 {
			t.Errorf("%s: %v, want %s in %s", name, err, c.want, got)
		}
	}
}

func TestReportsOfPlansThatFail(t *testing.T) {
	held(t, summaryOf(t, 1, "", "-format", "json", "-code", "1"))
	held(t, summaryOf(t, 0, planOf(), "-format", "json"))
	held(t, summaryOf(t, 0, "", "-format", "json", testdata(t, "hostile.json")))
}
