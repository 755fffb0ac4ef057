package lifecycle

import (
	"cmp"
	"errors"
	"slices"
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
	Spread         *time.Duration // over how long renewals are spread; nil: two thirds of RenewBefore
}

// Enforcement says for some grants whether the policy is enforced. Empty selectors
// match everything.
type Enforcement struct {
	Class       string
	Risk        *Risk
	Environment string
	Mode        Mode
	From        time.Time // when Observe ends and Enforce begins; zero: never
}

// Class says what assets of one class are bound to.
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
	Digest       string // of the document and of those that it extends
	AutomateAt   int    // hundredths; below it nothing is revoked or rotated now by itself
	StaleAfter   time.Duration
	LeadTime     time.Duration
	ExceptionMax time.Duration
	// ReviewDeadline is how long a grant may ask for review without an answer.
	ReviewDeadline time.Duration
	// UnusedAfter is how long access may be unused.
	UnusedAfter time.Duration
	Enforcement []Enforcement // the first that matches applies; none: Enforce
	Authority   Authority
	// RequireClosed says which tasks must be closed; the first entry that matches applies.
	RequireClosed []Closure
	Frameworks    []string // the catalogues of controls that evidence names; nil: the usual ones
	// Notices are how long before an end of the access somebody is told, each once; nil:
	// the usual ones, none: never.
	Notices   []time.Duration
	Required  []Field
	Points    [NumSignals]int // hundredths
	Lifetimes []Lifetime
	Triggers  []Trigger
	Classes   map[string]Class // keys folded; "*" in them matches any text

	byCode   [NumCodes][]namedTrigger
	patterns []pattern // the keys of Classes with "*", longest first
	indexed  bool
}

// namedTrigger is a trigger with its name and what it is for, as reasons say it.
type namedTrigger struct {
	*Trigger

	name string
}

// pattern is a key of Classes with "*".
type pattern struct {
	text     string
	literals int
	letters  letters
}

// letters are the bytes of a text other than "*", as a set that may contain more than
// the text. A word that lacks a letter of a pattern cannot match it, which is checked
// faster than the match.
type letters uint64

func lettersOf(text string) letters {
	var set letters
	for i := range len(text) {
		if text[i] != '*' {
			set |= 1 << (text[i] % 64)
		}
	}
	return set
}

// ErrNotIndexed is the error of rules that are used before Index was called: no
// trigger would match, and all access would be kept.
var ErrNotIndexed = errors.New("the policy was not indexed")

// Index prepares the rules for Decide. It must be called once, before the
// rules are shared, and after the last change to
// Triggers and Classes.
func (r *Rules) Index() {
	for c := range r.byCode {
		r.byCode[c] = nil
	}
	for i := range r.Triggers {
		t := &r.Triggers[i]
		named := namedTrigger{t, t.Label + t.scope()}
		for c := range t.Codes.All {
			r.byCode[c] = append(r.byCode[c], named)
		}
	}
	r.patterns = r.patterns[:0:0]
	for class := range r.Classes {
		if strings.Contains(class, "*") {
			r.patterns = append(r.patterns, pattern{class, literals(class), lettersOf(class)})
		}
	}
	slices.SortFunc(r.patterns, func(a, b pattern) int {
		return cmp.Or(cmp.Compare(b.literals, a.literals), strings.Compare(a.text, b.text))
	})
	r.indexed = true
}

// ClassOf returns what the policy says about an asset class. The exact class is
// preferred to patterns, and a longer pattern to a shorter one. If two patterns of
// the same length match and disagree on what the class is bound to, or none
// matches, it is BoundToUnclassified.
func (r *Rules) ClassOf(class string) Class {
	class = fold(class)
	if c, ok := r.Classes[class]; ok {
		return c
	}
	var best Class
	var found *pattern
	has := lettersOf(class)
	for i := range r.patterns {
		p := &r.patterns[i]
		if p.letters&^has != 0 || !Matches(p.text, class) {
			continue
		}
		switch c := r.Classes[p.text]; {
		case found == nil:
			best, found = c, p
		case p.literals < found.literals:
			return best
		case c.BoundTo != best.BoundTo:
			best.BoundTo = BoundToUnclassified
		}
	}
	return best
}

// Subject is what a trigger's condition can see.
type Subject struct {
	Binding *Binding
	Spec    *Spec
	Risk    Risk // as the grant is decided: privileged until a lower risk is attested
	Issued  bool // an earlier run issued a credential
}

// clearDays is how long nothing may ask for review before the clock restarts: a
// single run without findings does not reset it (design/008).
const clearDays = 7 * 24 * time.Hour
