package lifecycle

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

// Finding is a stable code and one sentence. The sentence names no instant and
// no age, so that it does not change by itself.
type Finding struct {
	Code    Code
	Message string
}

// OwnerKey is one key of an owner, with the holder that it names. A key from the
// record that is in no directory has no holder.
type OwnerKey struct {
	Key    string // folded
	Holder string // canonical; empty if the key resolves to no single entry
	Absent bool   // a healthy directory proves that nobody has this key
}

// Binding is an asset tied to its holder.
type Binding struct {
	Asset          Ref
	Class          string
	BoundTo        BoundTo
	Name           string
	State          State
	Holder         string     // canonical, sorted, joined by ", "; empty if unresolved
	OwnerKeys      []OwnerKey // sorted by key
	OwnerKind      OwnerKind
	OwnerStatus    OwnerStatus
	OwnerEndDate   time.Time
	Manager        string
	Teams          []string
	Successor      string
	Names          []Named // of the owners and the successor, sorted by id
	LifecycleOwner string
	Purpose        string
	Environment    string
	Criticality    string
	ThirdParty     bool
	Shared         bool
	RetirementDate time.Time
	Tasks          []Task
	TaskKinds      []TaskKind // of the open tasks, sorted, each once
	Findings       []Finding  // in the order of their codes
	Confidence     int        // hundredths: how far the record can be trusted about its owner
	// StateConfidence is how far the record can be trusted about a terminal state,
	// in hundredths. A record without an owner loses no points for that here,
	// because many systems clear the assignment when an asset is retired.
	StateConfidence int
	Fresh           bool // the record was verified within the policy's stale_after
	Parts           [NumSignals]int
	Held            bool
}

// Codes returns the set of the binding's finding codes.
func (b *Binding) Codes() CodeSet {
	var s CodeSet
	for i := range b.Findings {
		s = s.With(b.Findings[i].Code)
	}
	return s
}

// message returns the sentence of a finding of the binding.
func (b *Binding) message(c Code) string {
	for i := range b.Findings {
		if b.Findings[i].Code == c {
			return b.Findings[i].Message
		}
	}
	return ""
}

// Digest returns the SHA-256, in hexadecimal, over exactly the facts and finding
// codes that a decision can depend on. Names, URLs, message texts and the time
// of the last verification are left out.
func (b *Binding) Digest() string {
	buf := make([]byte, 0, 512)
	put := func(s string) {
		buf = strconv.AppendInt(buf, int64(len(s)), 10)
		buf = append(buf, ':')
		buf = append(buf, s...)
	}
	instant := func(t time.Time) {
		if t.IsZero() {
			put("")
			return
		}
		put(t.UTC().Format(time.RFC3339))
	}
	put(b.Asset.String())
	put(b.Class)
	put(b.BoundTo.String())
	put(b.State.String())
	put(b.Holder)
	put(strconv.Itoa(len(b.OwnerKeys)))
	for _, k := range b.OwnerKeys {
		put(k.Key)
		put(k.Holder)
		put(strconv.FormatBool(k.Absent))
	}
	put(b.OwnerKind.String())
	put(b.OwnerStatus.String())
	instant(b.OwnerEndDate)
	put(b.Manager)
	put(strconv.Itoa(len(b.Teams)))
	for _, t := range b.Teams {
		put(t)
	}
	put(b.Successor)
	put(b.LifecycleOwner)
	put(b.Purpose)
	put(b.Environment)
	put(b.Criticality)
	put(strconv.FormatBool(b.ThirdParty))
	put(strconv.FormatBool(b.Shared))
	instant(b.RetirementDate)
	for c := range b.Codes().All {
		put(c.String())
	}
	for _, k := range b.TaskKinds {
		put(k.String())
	}
	put(strconv.Itoa(b.Confidence))
	put(strconv.Itoa(b.StateConfidence))
	put(strconv.FormatBool(b.Fresh))
	put(strconv.FormatBool(b.Held))
	sum := sha256.Sum256(buf)
	return hex.EncodeToString(sum[:])
}
