package lifecycle

import "math/bits"

// Code is the stable name of a finding.
type Code uint8

// The findings. Assess raises those about the asset, its owner, its record and
// its tasks; Decide raises the others.
const (
	AssetRetired Code = iota
	AssetLost
	AssetInactive
	AssetMissing
	AssetRetiring
	AssetReassigned
	AssetChanged
	OwnerNone
	OwnerUnknown
	OwnerLeft
	OwnerLeaving
	OwnerSuspended
	OwnerMoved
	OwnerShared
	OwnerConflict
	OwnerNoActiveMember
	RecordStale
	RecordIncomplete
	RecordDuplicate
	TaskOpen
	TaskOverdue
	GrantRecertificationDue
	GrantRotationDue
	GrantLatched
	GrantExpired
	ExceptionExpired
	NumCodes
)

var codeNames = names[Code]{"finding code", []string{
	"asset.retired", "asset.lost", "asset.inactive", "asset.missing", "asset.retiring", "asset.reassigned", "asset.changed",
	"owner.none", "owner.unknown", "owner.left", "owner.leaving", "owner.suspended", "owner.moved", "owner.shared",
	"owner.conflict", "owner.no_active_member",
	"record.stale", "record.incomplete", "record.duplicate", "task.open", "task.overdue",
	"grant.recertification_due", "grant.rotation_due", "grant.latched", "grant.expired", "exception.expired",
}}

func (c Code) String() string { return codeNames.text(c) }

// ParseCode returns the finding code that s names.
func ParseCode(s string) (Code, error) { return codeNames.parse(s) }

// Codes lists every finding code.
func Codes() []string { return codeNames.all() }

// CodeSet is a set of finding codes.
type CodeSet uint32

// SetOf returns the set of the given codes.
func SetOf(codes ...Code) CodeSet {
	var s CodeSet
	for _, c := range codes {
		s |= 1 << c
	}
	return s
}

// Has reports whether c is in the set.
func (s CodeSet) Has(c Code) bool { return s&(1<<c) != 0 }

// With returns the set with c in it.
func (s CodeSet) With(c Code) CodeSet { return s | 1<<c }

// Without returns the set with c taken out.
func (s CodeSet) Without(c Code) CodeSet { return s &^ (1 << c) }

// Len returns the number of codes in the set.
func (s CodeSet) Len() int { return bits.OnesCount32(uint32(s)) }

// All yields the codes of the set in their fixed order.
func (s CodeSet) All(yield func(Code) bool) {
	for s != 0 {
		c := Code(bits.TrailingZeros32(uint32(s))) //nolint:gosec // at most 31
		if !yield(c) {
			return
		}
		s &= s - 1
	}
}

var (
	// Terminal are the findings that rest on an explicit terminal fact. Only
	// these may revoke, and they cannot be excepted.
	Terminal = SetOf(AssetRetired, AssetLost, OwnerLeft)

	// Engine are the findings that explain what the schedule and the latch do
	// by themselves. No trigger can be written for them and "*" does not match
	// them.
	Engine = SetOf(GrantRotationDue, GrantLatched, GrantExpired)

	// comparators are raised by comparing a binding with what the grant was
	// last issued on, so that they stand until they are acted on.
	comparators = SetOf(AssetReassigned, AssetChanged, OwnerMoved)

	// byGrant are the findings that only Decide raises, so that a binding cannot
	// bring them along.
	byGrant = comparators | Engine | SetOf(GrantRecertificationDue, ExceptionExpired)

	// unissuable are the findings on which nothing may be issued or renewed.
	unissuable = SetOf(AssetMissing)
)

// Mappable reports whether a trigger may be written for the finding.
func (c Code) Mappable() bool { return !Engine.Has(c) }
