package lifecycle

import (
	"errors"
	"strings"
	"time"
)

// Trigger maps a finding to an action. Empty fields match everything.
type Trigger struct {
	Codes   CodeSet // the findings that the trigger is for
	Class   string
	BoundTo *BoundTo
	Risk    *Risk
	// When is a further condition; nil is always true. It must be a pure
	// function of the subject.
	When func(*Subject) (bool, error)

	Action   Action
	Rotation Rotation
	Grace    time.Duration // 0: Then never applies
	Then     Action        // the action once Grace has passed since the finding was first seen
	Label    string        // how reasons name the trigger: "baseline triggers[3]"
}

// Lifetime says how long a credential lives. Empty selectors match everything
// and zero durations are left to a later entry.
type Lifetime struct {
	Risk           *Risk
	Criticality    string
	Environment    string
	OwnerKind      OwnerKind // KindUnstated matches every kind
	Class          string
	TTL            time.Duration
	RenewBefore    time.Duration
	Overlap        time.Duration
	RecertifyEvery time.Duration
}

// Class says what assets of one class stand for.
type Class struct {
	BoundTo        BoundTo
	LifecycleOwner string
	ReviewQueue    string
}

// Rules is a policy document that has been checked and compiled. Triggers and
// lifetimes are in order of precedence: for each finding the first trigger that
// matches decides, for each duration the first lifetime that matches and states
// it.
type Rules struct {
	Name         string // how reasons name the document: "provider policy"
	AutomateAt   int    // hundredths; below it nothing is revoked or rotated now by itself
	StaleAfter   time.Duration
	LeadTime     time.Duration
	ExceptionMax time.Duration
	Required     []Field
	Points       [NumSignals]int // hundredths
	Lifetimes    []Lifetime
	Triggers     []Trigger
	Classes      map[string]Class // keys in lower case

	byCode  [NumCodes][]*Trigger
	indexed bool
}

// ErrNotIndexed says that rules are asked before Index was called: no trigger
// would match, and everything would be kept.
var ErrNotIndexed = errors.New("the policy was not indexed")

// Index prepares the rules for Decide. It must be called once, before the
// rules are shared, and after the last change to Triggers.
func (r *Rules) Index() {
	for c := range r.byCode {
		r.byCode[c] = nil
	}
	for i := range r.Triggers {
		t := &r.Triggers[i]
		for c := range t.Codes.All {
			r.byCode[c] = append(r.byCode[c], t)
		}
	}
	r.indexed = true
}

// ClassOf returns what the policy says of an asset class; ok is false if the
// class is not mapped, and then the asset counts as a workload.
func (r *Rules) ClassOf(class string) (c Class, ok bool) {
	c, ok = r.Classes[strings.ToLower(class)]
	return c, ok
}

// Subject is what a trigger's condition can see.
type Subject struct {
	Binding *Binding
	Spec    *Spec
}

// ReviewDeadline is how long a review may stay unanswered before it becomes a
// block, where the trigger says nothing else (DESIGN.md, Decide).
const ReviewDeadline = 30 * 24 * time.Hour
