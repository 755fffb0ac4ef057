package policy

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// Version is the version of the document format that this package reads and
// writes.
const Version = 1

// MaxSize is the largest document that Parse reads, in bytes.
const MaxSize = 1 << 20

// MaxExtends is how many documents may extend one another below the outermost
// one.
const MaxExtends = 8

// Document is a policy document as it is written. A nil field was not stated,
// and is taken from the document that this one extends.
type Document struct {
	Schema       *string     `json:"$schema,omitempty"` // for editors; nothing is read from it
	Version      int         `json:"version"`
	Extends      *Document   `json:"extends,omitempty"` // nil extends the built-in baseline
	Confidence   *Confidence `json:"confidence,omitempty"`
	Lifetimes    []Lifetime  `json:"lifetimes,omitempty"`
	ExceptionMax *string     `json:"exception_max,omitempty"`
	LeadTime     *string     `json:"lead_time,omitempty"`

	ReviewDeadline *string       `json:"review_deadline,omitempty"`
	UnusedAfter    *string       `json:"unused_after,omitempty"`
	Enforcement    []Enforcement `json:"enforcement,omitempty"`
	Authority      *Authority    `json:"authority,omitempty"`
	RequireClosed  []Closure     `json:"require_closed,omitempty"`
	Frameworks     []string      `json:"frameworks,omitzero"`
	Notices        []string      `json:"notices,omitzero"` // durations; an empty, non-nil list gives no notice

	Triggers []Trigger        `json:"triggers,omitempty"`
	Classes  map[string]Class `json:"classes,omitempty"`
}

// Confidence says how far a record can be trusted, and the threshold for
// actions without a review. An empty, non-nil RequiredFields requires nothing.
type Confidence struct {
	AutomateAt     *Hundredths    `json:"automate_at,omitempty"`
	StaleAfter     *string        `json:"stale_after,omitempty"`
	RequiredFields []string       `json:"required_fields,omitzero"`
	Points         map[string]int `json:"points,omitempty"` // signal to hundredths
}

// Lifetime says how long credentials live. Selectors that are not stated match
// everything, except the risk: an entry without one is for standard access.
type Lifetime struct {
	Risk           *string `json:"risk,omitempty"`
	Criticality    *string `json:"criticality,omitempty"`
	Environment    *string `json:"environment,omitempty"`
	OwnerKind      *string `json:"owner_kind,omitempty"`
	Class          *string `json:"class,omitempty"`
	TTL            *string `json:"ttl,omitempty"`
	RenewBefore    *string `json:"renew_before,omitempty"`
	Overlap        *string `json:"overlap,omitempty"`
	RecertifyEvery *string `json:"recertify_every,omitempty"`
	Spread         *string `json:"spread,omitempty"` // 0s is accepted
}

// Enforcement says for some grants whether the policy is enforced. Selectors that
// are not stated match everything.
type Enforcement struct {
	Class       *string `json:"class,omitempty"`
	Risk        *string `json:"risk,omitempty"`
	Environment *string `json:"environment,omitempty"`
	Mode        string  `json:"mode"`
	EnforceFrom *string `json:"enforce_from,omitempty"` // a date or an RFC 3339 timestamp
}

// Authority says who may attest and who may approve exceptions. The word "trust"
// in its place accepts every name.
type Authority struct {
	Trust  *bool           `json:"trust,omitempty"`
	Attest []Authorization `json:"attest,omitempty"`
	Except []Authorization `json:"except,omitempty"`
}

// Authorization says for some grants who may. Selectors that are not stated match
// everything.
type Authorization struct {
	Risk    *string  `json:"risk,omitempty"`
	Class   *string  `json:"class,omitempty"`
	BoundTo *string  `json:"bound_to,omitempty"`
	Who     []string `json:"who"`
}

// Trigger maps a finding to an action. Selectors that are not stated match
// everything.
type Trigger struct {
	On      string  `json:"on"` // a finding code, or "*" for every code that can be mapped
	Class   *string `json:"class,omitempty"`
	BoundTo *string `json:"bound_to,omitempty"`
	Risk    *string `json:"risk,omitempty"`
	When    *string `json:"when,omitempty"` // a CEL condition
	Action  string  `json:"action"`
	Rotate  *string `json:"rotate,omitempty"`
	Grace   *string `json:"grace,omitempty"`
	Then    *string `json:"then,omitempty"`
}

// Class says what assets of one class are bound to.
type Class struct {
	BoundTo        *string `json:"bound_to,omitempty"`
	LifecycleOwner *string `json:"lifecycle_owner,omitempty"`
	ReviewQueue    *string `json:"review_queue,omitempty"`
}

// Parse reads a policy document strictly: an unknown or repeated key, a value
// of the wrong type, anything after the document and more than MaxSize bytes
// are Problems. What the values mean is checked by Compile.
func Parse(data []byte) (*Document, error) {
	tree, err := readTree(data)
	if err != nil {
		return nil, err
	}
	doc, problems := decodeDocument(tree)
	if len(problems) > 0 {
		return nil, problems
	}
	return doc, nil
}

// Render writes the document as indented JSON in one canonical form: the keys
// of objects in the order of the format, those of maps sorted, what is not
// stated left out. Parse reads it back unchanged.
func Render(doc *Document) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	// The types hold nothing that cannot be encoded.
	if err := enc.Encode(versioned(doc)); err != nil {
		panic("policy: " + err.Error())
	}
	return buf.Bytes()
}

// versioned returns a copy that states its version, in every document of the
// chain.
func versioned(doc *Document) *Document {
	if doc == nil {
		return nil
	}
	out := *doc
	if out.Version == 0 {
		out.Version = Version
	}
	out.Extends = versioned(doc.Extends)
	return &out
}

// statesNothing reports whether the document only extends another one.
func (d *Document) statesNothing() bool {
	own := *d
	own.Schema, own.Version, own.Extends = nil, 0, nil
	return reflect.DeepEqual(own, Document{})
}

// chain lists the document and those that it extends, outermost first, and
// reports whether there are more of them than MaxExtends allows.
func (d *Document) chain() (docs []*Document, tooDeep bool) {
	for doc := d; doc != nil; doc = doc.Extends {
		if len(docs) > MaxExtends {
			return docs, true
		}
		docs = append(docs, doc)
	}
	return docs, false
}
