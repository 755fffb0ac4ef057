package scim

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

func TestConfig(t *testing.T) {
	for name, test := range map[string]struct {
		set  func(*Config)
		want []string // attribute[key]: the beginning of the message
	}{
		"complete":  {func(*Config) {}, nil},
		"no url":    {func(c *Config) { c.URL = "" }, []string{"url: It is required"}},
		"http":      {func(c *Config) { c.URL = "http://id.example.org/scim" }, []string{"url: http:// would send"}},
		"no token":  {func(c *Config) { c.Token = "" }, []string{"token: It is empty"}},
		"bad token": {func(c *Config) { c.Token = "s3cret\n" }, []string{"token: It begins or ends"}},
		"no file":   {func(c *Config) { c.CAFile = "/nowhere/ca.pem" }, []string{"ca_file: "}},
		"words": {func(c *Config) {
			c.InactiveMeans, c.TeamsFrom, c.Paging = "gone", "members", "offset"
		}, []string{`inactive_means: "gone" is not accepted; use suspended, left.`, `paging: "offset" is not accepted`, `teams_from: "members" is not accepted`}},
		"kinds": {func(c *Config) {
			c.Kinds = map[string]string{"a": "team", "B": "vendor", "b": "employee", " ": "vendor"}
		}, []string{`kinds[ ]: The word`, `kinds[a]: "team" is not accepted; use employee, service, contractor, vendor.`, `kinds[b]: It is the same word as "B"`}},
		"keys": {func(c *Config) { c.Keys = []string{"mail", "username", "userName"} },
			[]string{`keys: "mail" is not accepted; use userName, emails.value, externalId, employeeNumber. The id always names a user.`, `keys: "userName" is listed twice.`}},
		"no keys but the id": {func(c *Config) { c.Keys = []string{} }, nil},
		"paths": {func(c *Config) { c.KindAttribute, c.EndDateAttribute = "user type", `end"` },
			[]string{`end_date_attribute: "end\"" is not the path`, `kind_attribute: "user type" is not the path`}},
		"extension": {func(c *Config) { c.EndDateAttribute = "urn:example:params:scim:schemas:hr:2.0:User:contract.end" }, nil},
		"numbers": {func(c *Config) { c.PageSize, c.RequestsPerMinute, c.Timeout = 1, -1, time.Hour },
			[]string{"page_size: It must be between 2 and 1000.", "requests_per_minute: It must not be negative.", "timeout: It must be positive and at most 10m0s."}},
		"groups": {func(c *Config) { c.NoGroups, c.TeamsFrom = true, "groups" }, []string{"teams_from: It requires groups"}},
		"probe":  {func(c *Config) { c.Probe = []string{"ann", " "} }, []string{"probe: Entry 2 is empty"}},
	} {
		c := Config{Name: "idp", URL: "https://id.example.org/scim/v2", Token: "s3cret"}
		test.set(&c)
		_, err := New(c)
		var problems []string
		var config *system.ConfigError
		if errors.As(err, &config) && errors.Is(err, fault.ErrConfig) && config.System == "idp" {
			for _, p := range config.Problems {
				at := p.Attribute
				if p.Key != "" {
					at += "[" + p.Key + "]"
				}
				problems = append(problems, at+": "+p.Message)
			}
		} else if err != nil {
			t.Fatalf("%s: got error %v", name, err)
		}
		slices.Sort(problems)
		if len(problems) != len(test.want) {
			t.Errorf("%s: got %q, want %q", name, problems, test.want)
			continue
		}
		for i, want := range test.want {
			if !strings.HasPrefix(problems[i], want) {
				t.Errorf("%s: got %q, want %q", name, problems[i], want)
			}
		}
		if err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: the token is shown: %v", name, err)
		}
	}
}

func TestAttributePaths(t *testing.T) {
	o := object{
		"a": "1", "A": "2", "list": []any{map[string]any{"Value": "x"}, "y"}, "name": map[string]any{"sub": true},
		"urn:x:2.0:User": map[string]any{"end": map[string]any{"date": "d"}}, "urn:x:2.0:User:flat": "f",
	}
	for path, want := range map[string]string{
		"a": "1", "A": "2", "LIST.value": "x", "Name.SUB": "true", "name.none": "", "none.sub": "", "URN:X:2.0:user:end.date": "d",
		"urn:x:2.0:User:flat": "f", "urn:x:2.0:User:none": "", "urn:y:2.0:User:end": "", coreUser + "a": "1", "a.sub": "", "": "",
	} {
		if got := o.text(path); got != want {
			t.Errorf("%q: got %q, want %q", path, got, want)
		}
	}
}
