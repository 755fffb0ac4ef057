package lifecycle_test

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	. "github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

type assessCase struct {
	Description string
	Now         *date
	Policy      object
	Record      object
	Records     []object
	People      map[string]object
	Lookups     map[string][]string
	Members     map[string]int
	Tasks       []object
	Declared    object
	Evidence    map[string]string
	Successors  []string
	Want        wantedBinding
}

// wantedBinding lists what a case may state. Findings, holder and confidence are
// always compared, the rest where it is stated.
type wantedBinding struct {
	Findings       []string
	Messages       map[string]string
	Holder         string
	Confidence     float64
	Parts          map[string]int
	Class          *string
	BoundTo        *string `json:"bound_to"`
	State          *string
	OwnerKind      *string `json:"owner_kind"`
	OwnerStatus    *string `json:"owner_status"`
	OwnerEndDate   *date   `json:"owner_end_date"`
	Manager        *string
	Teams          *[]string
	Successor      *string
	LifecycleOwner *string `json:"lifecycle_owner"`
	Purpose        *string
	Environment    *string
	Criticality    *string
	ThirdParty     *bool `json:"third_party"`
	Shared         *bool
	RetirementDate *date `json:"retirement_date"`

	OwnerKeys       *map[string]string `json:"owner_keys"`
	StateConfidence *float64           `json:"state_confidence"`
	Fresh           *bool
	OpenTasks       *[]string `json:"open_tasks"`
}

func recordOf(t *testing.T, o object) Record {
	t.Helper()
	var r struct {
		Class, Name, State, Purpose, Environment, Criticality, Source string

		StateText      string `json:"state_text"`
		Owners, Unread []string
		ThirdParty     *bool `json:"third_party"`
		Shared         *bool
		RetirementDate date `json:"retirement_date"`
		VerifiedAt     date `json:"verified_at"`
	}
	o.into(t, &r)
	return Record{
		ID: "A-1", Class: r.Class, Name: r.Name, State: parsed(t, r.State, ParseState), StateText: r.StateText, Owners: r.Owners,
		Purpose: r.Purpose, Environment: r.Environment, Criticality: r.Criticality, Source: r.Source, Unread: r.Unread,
		ThirdParty: tristate(r.ThirdParty), Shared: tristate(r.Shared),
		RetirementDate: r.RetirementDate.Time, VerifiedAt: r.VerifiedAt.Time,
	}
}

func personOf(t *testing.T, id string, o object) Person {
	t.Helper()
	var p struct {
		Email, Username, Name, Kind, Status, Manager string

		StatusText string `json:"status_text"`
		EndDate    date   `json:"end_date"`
		Teams      []string
	}
	o.into(t, &p)
	return Person{
		Directory: "corp", ID: id, Email: p.Email, Username: p.Username, Name: p.Name, Kind: parsed(t, p.Kind, ParseOwnerKind),
		Status: parsed(t, p.Status, ParseOwnerStatus), StatusText: p.StatusText, EndDate: p.EndDate.Time, Manager: p.Manager, Teams: p.Teams,
	}
}

// question and facts lay the case over healthy facts.
func (c *assessCase) question(t *testing.T) Question {
	t.Helper()
	q := Question{Asset: Ref{System: "cmdb", ID: "A-1"}, Successors: c.Successors}
	for _, name := range slices.Sorted(maps.Keys(c.Evidence)) {
		q.Evidence = append(q.Evidence, Claim{Name: name, Owner: c.Evidence[name]})
	}
	var d struct {
		Owner, Purpose, Environment, Criticality string

		ThirdParty     *bool `json:"third_party"`
		RetirementDate date  `json:"retirement_date"`
	}
	c.Declared.into(t, &d)
	q.Declared = Declared{
		Owner: d.Owner, Purpose: d.Purpose, Environment: d.Environment, Criticality: d.Criticality,
		ThirdParty: tristate(d.ThirdParty), RetirementDate: d.RetirementDate.Time,
	}
	return q
}

func (c *assessCase) facts(t *testing.T, h healthy) Facts {
	t.Helper()
	f := Facts{People: map[string][]Person{}, ActiveMembers: map[string]int{}}
	records := c.Records
	if records == nil {
		records = []object{c.Record}
	}
	for _, r := range records {
		f.Records = append(f.Records, recordOf(t, h.Record.over(r)))
	}
	people := maps.Clone(h.People)
	for id, o := range c.People {
		people[id] = people[id].over(o)
	}
	for id, o := range people {
		f.People[id] = []Person{personOf(t, id, o)}
	}
	for key, ids := range c.Lookups {
		f.People[key] = nil
		for _, id := range ids {
			f.People[key] = append(f.People[key], personOf(t, id, people[id]))
		}
	}
	for _, members := range []map[string]int{h.Members, c.Members} {
		for id, n := range members {
			f.ActiveMembers["corp/"+id] = n
		}
	}
	for _, o := range c.Tasks {
		var task struct {
			ID, Kind, URL string
			Due           date
		}
		o.into(t, &task)
		f.Tasks = append(f.Tasks, Task{ID: task.ID, Kind: parsed(t, task.Kind, ParseTaskKind), Due: task.Due.Time, URL: task.URL})
	}
	return f
}

// needed hands Assess only what it may have asked for.
func needed(q Question, rules *Rules, all Facts) Facts {
	f := all
	f.People = map[string][]Person{}
	take := func(keys []string) {
		for _, k := range keys {
			f.People[k] = all.People[k]
		}
	}
	take(OwnerKeys(q, all.Records))
	take(SuccessorKeys(q, rules, f))
	return f
}

func (w *wantedBinding) compare(got *Binding, s *mismatches) {
	s.compare("findings", strings.Join(w.Findings, " "), names(got.Codes()))
	s.compare("holder", w.Holder, got.Holder)
	s.compare("confidence", Hundredths(int(math.Round(w.Confidence*100))), Hundredths(got.Confidence))
	for code, want := range w.Messages {
		i := slices.IndexFunc(got.Findings, func(f Finding) bool { return f.Code.String() == code })
		if i < 0 {
			s.compare("message "+code, want, "")
			continue
		}
		s.compare("message "+code, want, got.Findings[i].Message)
	}
	if w.Parts != nil {
		for i, name := range Signals() {
			s.compare("part "+name, strconv.Itoa(w.Parts[name]), strconv.Itoa(got.Parts[i]))
		}
	}
	text := func(name string, want *string, got string) {
		if want != nil {
			s.compare(name, *want, got)
		}
	}
	text("class", w.Class, got.Class)
	text("bound_to", w.BoundTo, got.BoundTo.String())
	text("state", w.State, got.State.String())
	text("owner_kind", w.OwnerKind, got.OwnerKind.String())
	text("owner_status", w.OwnerStatus, got.OwnerStatus.String())
	text("manager", w.Manager, got.Manager)
	text("successor", w.Successor, got.Successor)
	text("lifecycle_owner", w.LifecycleOwner, got.LifecycleOwner)
	text("purpose", w.Purpose, got.Purpose)
	text("environment", w.Environment, got.Environment)
	text("criticality", w.Criticality, got.Criticality)
	if w.Teams != nil {
		s.compare("teams", strings.Join(*w.Teams, " "), strings.Join(got.Teams, " "))
	}
	if w.ThirdParty != nil {
		s.compare("third_party", strconv.FormatBool(*w.ThirdParty), strconv.FormatBool(got.ThirdParty))
	}
	if w.Shared != nil {
		s.compare("shared", strconv.FormatBool(*w.Shared), strconv.FormatBool(got.Shared))
	}
	if w.OwnerKeys != nil {
		keys := map[string]string{}
		for _, k := range got.OwnerKeys {
			keys[k.Key] = k.Holder
			if k.Holder == "" {
				keys[k.Key] = map[bool]string{true: "absent", false: "ambiguous"}[k.Absent]
			}
		}
		s.compareMaps("owner key", *w.OwnerKeys, keys)
	}
	if w.StateConfidence != nil {
		s.compare("state_confidence", Hundredths(int(math.Round(*w.StateConfidence*100))), Hundredths(got.StateConfidence))
	}
	if w.Fresh != nil {
		s.compare("fresh", strconv.FormatBool(*w.Fresh), strconv.FormatBool(got.Fresh))
	}
	if w.OpenTasks != nil {
		kinds := make([]string, len(got.TaskKinds))
		for i, k := range got.TaskKinds {
			kinds[i] = k.String()
		}
		s.compare("open_tasks", strings.Join(*w.OpenTasks, " "), strings.Join(kinds, " "))
	}
	instant := func(name string, want *date, got time.Time) {
		if want != nil {
			s.compare(name, show(want.Time), show(got))
		}
	}
	instant("owner_end_date", w.OwnerEndDate, got.OwnerEndDate)
	instant("retirement_date", w.RetirementDate, got.RetirementDate)
}

// names lists the codes of a set.
func names(set CodeSet) string {
	var out []string
	for c := range set.All {
		out = append(out, c.String())
	}
	return strings.Join(out, " ")
}

// TestAssessGolden compares every case with what Assess makes of it.
func TestAssessGolden(t *testing.T) {
	h := readHealthy(t)
	for file, cases := range readCases[assessCase](t, "assess") {
		for i := range cases {
			c := &cases[i]
			t.Run(file+"/"+c.Description, func(t *testing.T) {
				now := h.Now
				if c.Now != nil {
					now = *c.Now
				}
				rules := rulesOf(t, c.Policy, "provider policy")
				q, facts := c.question(t), c.facts(t, h)
				got := Assess(q, rules, needed(q, rules, facts), now.Time)
				var s mismatches
				c.Want.compare(&got, &s)
				s.report(t, c.Description)
				for _, f := range got.Findings {
					if tellsTime(f.Message) {
						t.Errorf("message names an instant or an age: %s", f.Message)
					}
				}
			})
		}
	}
}
