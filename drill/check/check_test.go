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
		Assets:   map[string]check.Asset{"laptop": {Status: "in_service", Verified: true, Holders: []string{"ann"}}, "app": {Workload: true, Status: "in_service", Holders: []string{"ann"}}},
		Accounts: map[string]bool{"ann": true}, Cases: map[string][]string{}, Ledger: map[string][]check.Event{"drill": {
			{
				Workspace: "drill", Sequence: 1, At: "2030-01-15T09:00:00Z", Kind: "grant.decided", Subject: "cmdb/1#use", Actor: "ann", Run: "r1", Body: `{"because":["<&> é"],"status":"active"}`,
				Hash: "513f2f9c6f3bf637abb1850c18969634828010f1b81fdd1fdd5ad23cc2993864",
			},
			{
				Workspace: "drill", Sequence: 2, At: "2030-01-15T09:00:00Z", Kind: "grant.decided", Subject: "cmdb/2#use", Actor: "ann", Run: "r1", Body: "{}",
				Previous: "513f2f9c6f3bf637abb1850c18969634828010f1b81fdd1fdd5ad23cc2993864",
				Hash:     "0f2f2d7f412664a38ebe2fb53413463585ff64e914c8af222b580529a674cd75",
			},
		}},
	}
	s := check.State{Grants: map[string]check.Grant{}, Credentials: map[string]bool{"laptop/use/g1": true, "app/use/g1": true}}
	for key, id := range map[string]string{"laptop/use": "cmdb/1#use", "app/use": "cmdb/2#use"} {
		s.Grants[key] = check.Grant{ID: id, Risk: "standard", Status: "active", Holder: "hr/E-1", Active: true, Generations: map[string]check.Generation{"g1": {Enabled: true, Holder: "hr/E-1"}}}
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
		"another holder":        {facts: asset("laptop", check.Asset{Status: "in_service", Verified: true, Holders: []string{"bob"}}), want: "it is for hr/E-1, although bob works here"},
		"a doubtful holder":     {facts: asset("laptop", check.Asset{Status: "in_service", Holders: []string{"bob"}}), want: "nobody is asked, although the record that names another holder was never verified"},
		"blocked":               {state: grant("laptop/use", check.Grant{Status: "blocked"}), want: "wrong revocation: it is blocked, although ann works here"},
		"a credential is left":  {state: func(s check.State) { s.Credentials["app/use/g0"] = true }, want: "the credential g0 is left over"},
		"a credential is gone":  {state: func(s check.State) { delete(s.Credentials, "app/use/g1") }, want: "the credential g1 is there: false"},
		"an account is closed":  {facts: func(f check.Facts) { f.Accounts["ann"] = false }, want: "the account ann is open: false, but its grant is active: true"},
		"forgotten":             {state: func(s check.State) { delete(s.Grants, "app/use") }, want: "app/use: it is in the state: false"},
		"not in the inventory":  {facts: func(f check.Facts) { delete(f.Assets, "app") }, want: "its asset is recorded: false"},
		"nobody is asked":       {facts: asset("app", check.Asset{Workload: true, Status: "in_service"}), state: grant("app/use", inReview), want: "no case is open, although nobody holds the asset"},
		"asked twice":           {facts: cases("ann", "bob"), want: "2 cases are open"},
		"a reviewer has left":   {facts: cases("eve"), want: "nobody answers the case, because eve is in no directory"},
		"asked for nothing":     {facts: cases("bob"), state: grant("app/use", check.Grant{ID: "cmdb/2#use", Status: "revoked"}), want: "a case is open, although it is revoked"},
		"unrecorded":            {facts: func(f check.Facts) { delete(f.Ledger, "drill") }, want: "the grant app/use was  and is active, and the ledger knows nothing of it"},
		"altered":               {facts: event(1, func(e *check.Event) { e.Body = `{"status":"revoked"}` }), want: "event 2 of the ledger of drill was altered"},
		"reordered":             {facts: event(0, func(e *check.Event) { e.Sequence = 2 }), want: "event 2 of the ledger of drill stands in the place of 1"},
		"cut out":               {facts: event(1, func(e *check.Event) { e.Previous = "x" }), want: "event 2 of the ledger of drill does not follow"},
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

var inReview = check.Grant{ID: "cmdb/2#use", Risk: "standard", Status: "review", Active: true, Generations: map[string]check.Generation{"g1": {Enabled: true, Holder: "hr/E-1"}}}

func cases(reviewers ...string) func(check.Facts) {
	return func(f check.Facts) { f.Cases["cmdb/2#use"] = reviewers }
}

func event(i int, change func(*check.Event)) func(check.Facts) {
	return func(f check.Facts) { change(&f.Ledger["drill"][i]) }
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
	s := check.NewState()
	err := s.Read([]byte(`{"resources":[
		{"type":"custody_grant","instances":[{"index_key":"a/use","attributes":{"id":"cmdb/1#use","risk":"standard","status":"active","holder":"hr/E-1","active":true,"generations":{"g1":{"enabled":true,"holder":"hr/E-1"}}}}]},
		{"type":"terraform_data","instances":[{"index_key":"a/use/g1","attributes":{"input":{"value":true,"type":"bool"}}}]},
		{"type":"custody_binding","instances":[{"index_key":"a","attributes":{}}]}]}`))
	if err != nil || s.Grants["a/use"].ID != "cmdb/1#use" || !s.Grants["a/use"].Generations["g1"].Enabled || !s.Credentials["a/use/g1"] || len(s.Credentials) != 1 {
		t.Errorf("got %+v, %v", s, err)
	}
}
