package lifecycle

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Assess joins the facts about one asset into a binding: who holds it, what is
// wrong, and how far the record can be trusted. It is a pure function; now must
// be the instant of the run. The answers in facts.People must cover OwnerKeys,
// and SuccessorKeys where that function asks for more.
func Assess(q Question, rules *Rules, facts Facts, now time.Time) Binding {
	a := assessment{q: q, rules: rules, facts: facts, now: now}
	a.binding.Asset = q.Asset
	a.binding.Tasks = facts.Tasks
	if len(facts.Records) == 0 {
		a.find(AssetMissing, "System "+quote(q.Asset.System)+" answered, and it holds no record of "+quote(q.Asset.ID)+".")
		a.describe()
		a.assessRetirement()
		a.assessTasks()
		a.finish()
		return a.binding
	}
	a.record, a.disagree = merge(facts.Records)
	a.owners = resolve(a.record.Owners, facts.People)
	a.describe()
	a.assessClass()
	a.assessState()
	a.assessRetirement()
	a.assessOwners()
	a.assessClaims()
	a.assessRecord()
	a.assessTasks()
	a.proposeSuccessor()
	a.finish()
	return a.binding
}

// assessment carries what the steps of Assess share.
type assessment struct {
	q        Question
	rules    *Rules
	facts    Facts
	now      time.Time
	record   Record
	disagree []string // fields in which duplicated records disagree
	owners   owners

	incomplete     []string // sentences for record.incomplete
	contradictions []string // sentences for owner.conflict
	contradicted   bool     // a claim contradicts the record, about the owner or another field
	corroborated   bool
	binding        Binding
}

func (a *assessment) find(c Code, message string) {
	a.binding.Findings = append(a.binding.Findings, Finding{Code: c, Message: message})
}

func (a *assessment) finish() {
	b := &a.binding
	if len(b.Findings) > 1 {
		slices.SortFunc(b.Findings, func(x, y Finding) int { return cmp.Compare(x.Code, y.Code) })
	}
	b.Confidence, b.Parts = a.confidence()
	b.StateConfidence = a.stateConfidence()
}

// merge joins the records of one id. A field on which several records disagree is
// not stated. Records that agree are one record; the older date of verification is
// used.
func merge(records []Record) (Record, []string) {
	if len(records) == 1 {
		out := records[0]
		out.Unread = unique(out.Unread)
		return out, nil
	}
	out := records[0]
	var disagree []string
	differ := func(field string) { disagree = append(disagree, field) }
	for _, r := range records[1:] {
		if r.State != out.State || (r.State == StateUnknown && !sameWord(r.StateText, out.StateText)) {
			out.State, out.StateText = StateUnknown, ""
			differ("state")
		}
		if !sameWords(r.Owners, out.Owners) {
			out.Owners = nil
			differ("owner")
		}
		for _, f := range [...]struct {
			field string
			out   *string
			other string
		}{
			{"class", &out.Class, r.Class}, {"environment", &out.Environment, r.Environment},
			{"criticality", &out.Criticality, r.Criticality}, {"purpose", &out.Purpose, r.Purpose},
		} {
			if !sameWord(*f.out, f.other) {
				*f.out = ""
				differ(f.field)
			}
		}
		if r.ThirdParty != out.ThirdParty {
			out.ThirdParty = Unstated
			differ("third_party")
		}
		if r.Shared != out.Shared {
			out.Shared = Unstated
			differ("shared")
		}
		if !r.RetirementDate.Equal(out.RetirementDate) {
			out.RetirementDate = time.Time{}
			differ("retirement_date")
		}
		if r.VerifiedAt.Before(out.VerifiedAt) {
			out.VerifiedAt = r.VerifiedAt
		}
		out.Unread = slices.Concat(out.Unread, r.Unread)
	}
	out.Unread = unique(out.Unread)
	return out, unique(disagree)
}

// earlierDate returns the earlier of two dates. Either may be unstated.
func earlierDate(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

// describe fills in the effective facts: the record's, completed by the
// declared ones.
func (a *assessment) describe() {
	r, d, b := a.record, a.q.Declared, &a.binding
	b.Name, b.State = r.Name, r.State
	b.Class = fold(r.Class)
	class := a.rules.ClassOf(b.Class)
	b.BoundTo, b.LifecycleOwner = class.BoundTo, class.LifecycleOwner
	b.Fresh = a.fresh()

	b.Purpose = strings.TrimSpace(a.effective("purpose", r.Purpose, d.Purpose))
	b.Environment = fold(a.effective("environment", r.Environment, d.Environment))
	b.Criticality = fold(a.effective("criticality", r.Criticality, d.Criticality))
	b.ThirdParty = a.effectiveThirdParty()
	b.Shared = r.Shared == Yes
	b.RetirementDate = earlierDate(r.RetirementDate, d.RetirementDate)
}

// effective lets the record win and notes where the configuration contradicts it.
func (a *assessment) effective(field, recorded, declared string) string {
	if strings.TrimSpace(recorded) == "" {
		return declared
	}
	if declared != "" && !sameWord(recorded, declared) {
		a.contradict(field, recorded, declared)
	}
	return recorded
}

func (a *assessment) effectiveThirdParty() bool {
	recorded, declared := a.record.ThirdParty, a.q.Declared.ThirdParty
	if recorded == Unstated {
		return declared == Yes
	}
	if declared != Unstated && declared != recorded {
		a.contradict("third_party", yesNo(recorded), yesNo(declared))
	}
	return recorded == Yes
}

func (a *assessment) contradict(field, recorded, declared string) {
	a.contradicted = true
	a.incomplete = append(a.incomplete, "The record says "+field+" "+quote(recorded)+
		" but the configuration declares "+quote(declared)+"; the record wins.")
}

func yesNo(t Tristate) string {
	if t == Yes {
		return "true"
	}
	return "false"
}

func (a *assessment) assessState() {
	switch a.binding.State {
	case StateRetired:
		a.find(AssetRetired, "The asset is recorded as retired.")
	case StateLost:
		a.find(AssetLost, "The asset is recorded as lost.")
	case StatePlanned:
		a.find(AssetInactive, "The asset is planned and not yet in service.")
	case StateUnknown:
		switch {
		case a.record.StateText != "":
			a.incomplete = append(a.incomplete, "The state "+quote(a.record.StateText)+" is not mapped to a lifecycle state.")
		case slices.Contains(a.disagree, "state"):
			a.incomplete = append(a.incomplete, "The records of the asset state different lifecycle states.")
		default:
			a.incomplete = append(a.incomplete, "The record states no lifecycle state.")
		}
	case StateInService, StateMaintenance:
	}
}

func (a *assessment) assessRetirement() {
	date := a.binding.RetirementDate
	if date.IsZero() || a.binding.State == StateRetired {
		return
	}
	switch {
	case !a.now.Before(date):
		a.find(AssetRetiring, "The asset's retirement date has passed, but no record says that it is retired.")
	case !a.now.Before(date.Add(-a.rules.LeadTime)):
		a.find(AssetRetiring, "The asset's retirement date is near.")
	}
}

// assessRecord judges the record itself: age, completeness, uniqueness.
func (a *assessment) assessRecord() {
	switch {
	case a.record.VerifiedAt.After(a.now):
		a.incomplete = append(a.incomplete, "The record says that it was verified on "+a.record.VerifiedAt.UTC().Format(time.DateOnly)+
			", which has not come yet, so it counts as not verified.")
	case a.record.VerifiedAt.IsZero():
		a.find(RecordStale, "The record does not say when it was last verified.")
	case !a.fresh():
		a.find(RecordStale, "The record has not been verified for longer than the policy allows.")
	}
	a.incomplete = append(a.incomplete, a.record.Unread...)
	if missing := a.missingFields(); len(missing) > 0 {
		a.incomplete = append(a.incomplete, "Neither the record nor the declaration states "+strings.Join(missing, ", ")+".")
	}
	if len(a.incomplete) > 0 {
		a.find(RecordIncomplete, strings.Join(a.incomplete, " "))
	}
	if len(a.disagree) > 0 {
		a.find(RecordDuplicate, a.duplicateMessage())
	}
}

// assessClass raises a finding if the policy does not map the class: such an asset
// is never silently a workload.
func (a *assessment) assessClass() {
	switch {
	case a.binding.BoundTo != BoundToUnclassified:
	case a.binding.Class == "":
		a.find(AssetUnclassified, "The record names no class, so the asset counts neither as a person's nor as a workload's.")
	default:
		a.find(AssetUnclassified, "The policy does not say whether the class "+quote(a.binding.Class)+" stands for a person or a workload.")
	}
}

func (a *assessment) duplicateMessage() string {
	sources := make([]string, 0, len(a.facts.Records))
	for _, r := range a.facts.Records {
		if r.Source != "" {
			sources = append(sources, r.Source)
		}
	}
	text := "The system holds the asset more than once"
	if len(sources) > 0 {
		text += " (" + list(sources) + ")"
	}
	return text + "; the records disagree on " + strings.Join(a.disagree, ", ") + ", so none of them is believed there."
}

func (a *assessment) fresh() bool {
	v := a.record.VerifiedAt
	return !v.IsZero() && !v.After(a.now) && a.now.Before(v.Add(a.rules.StaleAfter))
}

func (a *assessment) missingFields() []string {
	var missing []string
	for _, f := range a.rules.Required {
		var present bool
		switch f {
		case FieldOwner:
			present = len(a.record.Owners) > 0
		case FieldPurpose:
			present = a.binding.Purpose != ""
		case FieldEnvironment:
			present = a.binding.Environment != ""
		case FieldCriticality:
			present = a.binding.Criticality != ""
		}
		if !present {
			missing = append(missing, f.String())
		}
	}
	return missing
}

func (a *assessment) assessTasks() {
	var open, overdue []string
	for _, t := range a.facts.Tasks {
		a.binding.TaskKinds = append(a.binding.TaskKinds, t.Kind)
		text := t.Kind.String() + " task " + quote(t.ID)
		if !t.Due.IsZero() && a.now.After(t.Due) {
			overdue = append(overdue, text)
		} else {
			open = append(open, text)
		}
	}
	slices.Sort(a.binding.TaskKinds)
	a.binding.TaskKinds = slices.Compact(a.binding.TaskKinds)
	if len(open) > 0 {
		a.find(TaskOpen, "Open against the asset: "+list(open)+".")
	}
	if len(overdue) > 0 {
		a.find(TaskOverdue, "Overdue against the asset: "+list(overdue)+".")
	}
}
