package main

import (
	"fmt"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

const day = 24 * time.Hour

// instant is that of the measured run; what is decided does not depend on when
// it is measured.
var instant = time.Date(2030, time.January, 15, 9, 0, 0, 0, time.UTC)

// asset is one asset with its facts and its grant, before something happens to
// it and after.
type asset struct {
	question lifecycle.Question
	facts    lifecycle.Facts
	spec     lifecycle.Spec
	issued   time.Time
}

// event is what happens to an asset between its last run and the measured one.
type event struct {
	name   string
	happen func(*asset)
}

var healthy = event{"nothing", func(*asset) {}}

// events are what the mixed load is made of besides healthy assets. In each of
// them the measured run is the one that first sees it and acts, which is the
// dearest: a finding that stood before is carried over.
var events = []event{
	// Renewals are spread from the 60th to the 80th day of the 90.
	{"renewal", func(a *asset) { a.issued = instant.Add(-85 * day) }},
	{"renewal again", func(a *asset) { a.issued = instant.Add(-81 * day) }},
	{"end of life of an asset", func(a *asset) { a.facts.Records[0].State = lifecycle.StateRetired }},
	{"leaver", func(a *asset) { a.person().Status = lifecycle.PersonLeft }},
	{"suspension", func(a *asset) { a.person().Status = lifecycle.PersonSuspended }},
	{"another team", func(a *asset) { a.person().Teams = []string{"research"} }},
	{"another owner", func(a *asset) {
		next := *a.person()
		next.ID, next.Email = "P-next", "next@example.org"
		a.facts.People["next@example.org"] = []lifecycle.Person{next}
		a.facts.Records[0].Owners = []string{"next@example.org"}
	}},
	{"stale record", func(a *asset) { a.facts.Records[0].VerifiedAt = instant.Add(-400 * day) }},
	{"offboarding task", func(a *asset) {
		a.facts.Tasks = []lifecycle.Task{{ID: "T-1", Kind: lifecycle.TaskOffboarding, Due: instant.Add(9 * day)}}
	}},
	{"missing record", func(a *asset) { a.facts.Records = nil }},
}

// person returns the owner, to be changed.
func (a *asset) person() *lifecycle.Person { return &a.facts.People[a.facts.Records[0].Owners[0]][0] }

// newAsset returns the i-th asset, in good order. Ten laptops follow ten
// applications, so that every event happens to both.
func newAsset(i int, rules *lifecycle.Rules) *asset {
	id, owner := assetID(i), personID(i)+"@example.org"
	class := "application"
	if i/10%2 == 1 {
		class = "laptop"
	}
	a := &asset{
		question: lifecycle.Question{Asset: lifecycle.Ref{System: "cmdb", ID: id}},
		spec:     lifecycle.Spec{Access: "billing-export API key"},
		issued:   instant.Add(-time.Duration(1+i%50) * day),
	}
	a.facts = lifecycle.Facts{
		Records: []lifecycle.Record{{
			ID: id, Class: class, Name: "Asset " + id, State: lifecycle.StateInService, Owners: []string{owner}, Purpose: "Billing, export",
			Environment: "production", Criticality: "high", RetirementDate: instant.Add(900 * day), VerifiedAt: instant.Add(-30 * day),
		}},
		People: map[string][]lifecycle.Person{owner: {{
			Directory: "cmdb", ID: personID(i), Email: owner, Name: "Person", Kind: lifecycle.KindEmployee,
			Status: lifecycle.PersonActive, Manager: "M-0001", Teams: []string{"billing"},
		}}},
		ActiveMembers: map[string]int{},
	}
	a.answer(rules)
	return a
}

// answer adds the successors for whom the rules ask.
func (a *asset) answer(rules *lifecycle.Rules) {
	for _, key := range lifecycle.SuccessorKeys(a.question, rules, a.facts) {
		a.facts.People[key] = []lifecycle.Person{{
			Directory: "cmdb", ID: key, Name: "Manager", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive, Teams: []string{"billing"},
		}}
	}
}

// input decides once at the instant of issue and returns what the run after the
// event has to decide.
func (a *asset) input(e event, rules *lifecycle.Rules) (lifecycle.Input, error) {
	before := newBinding(a, rules, instant)
	e.happen(a)
	a.answer(rules)
	policies := []*lifecycle.Rules{rules}
	prior, err := lifecycle.Decide(lifecycle.Input{Binding: before, Spec: &a.spec, Policies: policies, Now: a.issued})
	if err != nil {
		return lifecycle.Input{}, err
	}
	if prior.Grant.Serial != 1 {
		return lifecycle.Input{}, fmt.Errorf("%s: the grant to start from has no credential", e.name)
	}
	now := newBinding(a, rules, instant)
	return lifecycle.Input{Binding: now, Spec: &a.spec, Prior: &prior.Grant, Policies: policies, Now: instant}, nil
}

func newBinding(a *asset, rules *lifecycle.Rules, now time.Time) *lifecycle.Binding {
	b := lifecycle.Assess(a.question, rules, a.facts, now)
	return &b
}
