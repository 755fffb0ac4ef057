package check_test

import (
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/drill/check"
)

var now = time.Date(2030, 1, 15, 9, 0, 0, 0, time.UTC)

// healthy is a laptop and an application of somebody who works here, each with one
// grant that is as it should be, and an account that hangs on the first.
func healthy() (check.Wanted, check.Facts, check.State) {
	w := check.Wanted{Grants: map[string]string{"laptop/use": "laptop", "app/use": "app"}, Accounts: map[string]string{"ann": "laptop/use"}}
	f := check.Facts{
		People:   map[string]check.Person{"ann": {ID: "E-1", Status: "active"}, "bob": {ID: "E-2", Status: "active"}},
		Assets:   map[string]check.Asset{"laptop": {Status: "in_service", Holders: []string{"ann"}}, "app": {Workload: true, Status: "in_service", Holders: []string{"ann"}}},
		Accounts: map[string]bool{"ann": true},
	}
	s := check.State{Grants: map[string]check.Grant{}, Credentials: map[string]bool{"laptop/use/g1": true, "app/use/g1": true}}
	for key := range w.Grants {
		s.Grants[key] = check.Grant{Risk: "standard", Status: "active", Holder: "hr/E-1", Active: true, Generations: map[string]check.Generation{"g1": {Enabled: true, Holder: "hr/E-1"}}}
	}
	return w, f, s
}

func TestTheCheckerFindsWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		facts func(check.Facts)
		state func(check.State)
		want  string // "" if nothing is wrong
	}{
		"healthy":               {},
		"a leaver":              {facts: person("ann", check.Person{ID: "E-1", Status: "left"}), want: "laptop/use (standard, asset in_service, held by [ann]): stale access: ann has left"},
		"a leaver's workload":   {facts: person("ann", check.Person{ID: "E-1", Status: "left"}), want: "app/use (standard, asset in_service, held by [ann]): nobody is asked"},
		"a last day":            {facts: person("ann", check.Person{ID: "E-1", Status: "active", EndDate: now}), want: "stale access: ann has had the last day"},
		"in no directory":       {facts: func(f check.Facts) { delete(f.People, "ann") }, want: "stale access: ann is in no directory"},
		"lost":                  {facts: asset("app", check.Asset{Workload: true, Status: "lost", Holders: []string{"ann"}}), want: "stale access: the asset is lost"},
		"several holders":       {facts: asset("laptop", check.Asset{Status: "in_service", Holders: []string{"ann", "bob"}}), want: "nobody is asked, although several people hold the asset"},
		"a task":                {facts: asset("app", check.Asset{Workload: true, Status: "in_service", Holders: []string{"ann"}, Tasks: 1}), want: "nobody is asked, although an offboarding task is open"},
		"another holder":        {facts: asset("laptop", check.Asset{Status: "in_service", Holders: []string{"bob"}}), want: "it is for hr/E-1, although bob works here"},
		"blocked":               {state: grant("laptop/use", check.Grant{Status: "blocked"}), want: "wrong revocation: it is blocked, although ann works here"},
		"a credential is left":  {state: func(s check.State) { s.Credentials["app/use/g0"] = true }, want: "the credential g0 is left over"},
		"a credential is gone":  {state: func(s check.State) { delete(s.Credentials, "app/use/g1") }, want: "the credential g1 is there: false"},
		"an account is closed":  {facts: func(f check.Facts) { f.Accounts["ann"] = false }, want: "the account ann is open: false, but its grant is active: true"},
		"forgotten":             {state: func(s check.State) { delete(s.Grants, "app/use") }, want: "app/use: it is in the state: false"},
		"not in the inventory":  {facts: func(f check.Facts) { delete(f.Assets, "app") }, want: "its asset is recorded: false"},
		"active without access": {state: grant("app/use", check.Grant{Status: "active", Active: true}), want: "it is active: true, with 0 credentials that work"},
	} {
		t.Run(name, func(t *testing.T) {
			w, f, s := healthy()
			if c.facts != nil {
				c.facts(f)
			}
			if c.state != nil {
				c.state(s)
			}
			got := strings.Join((&check.Checker{Now: now}).Check(w, f, s), "\n")
			if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func person(username string, p check.Person) func(check.Facts) {
	return func(f check.Facts) { f.People[username] = p }
}

func asset(name string, a check.Asset) func(check.Facts) {
	return func(f check.Facts) { f.Assets[name] = a }
}

func grant(key string, g check.Grant) func(check.State) {
	return func(s check.State) { s.Grants[key] = g }
}

// A record that is edited back brings nothing back.
func TestTheCheckerRemembersARevocation(t *testing.T) {
	c := &check.Checker{Now: now}
	w, f, s := healthy()
	asset("laptop", check.Asset{Status: "lost", Holders: []string{"ann"}})(f)
	c.Check(w, f, s)
	w, f, s = healthy()
	if got := strings.Join(c.Check(w, f, s), "\n"); !strings.Contains(got, "stale access: it was revoked, and nobody has attested anything since") {
		t.Errorf("got %q", got)
	}
}

func TestReadState(t *testing.T) {
	s, err := check.ReadState([]byte(`{"values":{"root_module":{"resources":[
		{"type":"custody_grant","index":"a/use","values":{"risk":"standard","status":"active","holder":"hr/E-1","active":true,"generations":{"g1":{"enabled":true,"holder":"hr/E-1"}}}},
		{"type":"terraform_data","index":"a/use/g1","values":{"input":true}},
		{"type":"custody_binding","index":"a","values":{}}]}}}`))
	if err != nil || !s.Grants["a/use"].Generations["g1"].Enabled || !s.Credentials["a/use/g1"] || len(s.Credentials) != 1 {
		t.Errorf("got %+v, %v", s, err)
	}
}
