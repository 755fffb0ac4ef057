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
	AssetUnclassified
	OwnerNone
	OwnerUnknown
	OwnerLeft
	OwnerLeaving
	OwnerEnded
	OwnerGone
	OwnerSuspended
	OwnerMoved
	OwnerChanged
	OwnerShared
	OwnerConflict
	OwnerNoActiveMember
	RecordStale
	RecordIncomplete
	RecordDuplicate
	TaskOpen
	TaskOverdue
	TaskUnclosed
	AccessUnused
	GrantRecertificationDue
	GrantRiskLowered
	GrantRejected
	GrantRotationDue
	GrantLatched
	GrantExpired
	GrantRestored
	ExceptionExpired
	NumCodes
)

// origin says who raises a finding.
type origin uint8

const (
	byAssessment origin = iota // Assess, from the facts
	byComparison               // Decide, by comparing with the last issue or certification
	byGrant                    // Decide, from the grant's own memory and arguments
	byEngine                   // Decide, to explain what the schedule and the latch do by themselves
)

// obstacle says what a finding keeps from being issued, renewed or enabled again.
type obstacle uint8

const (
	nothingIsKept obstacle = iota
	holderIsKept           // all but the rotation with overlap of a workload
	assetIsKept            // everything
)

// finding is all that belongs to one finding code. A code that is added needs a
// constant, its row here, its triggers in the baseline and its golden cases.
type finding struct {
	name          string
	origin        origin
	terminal      bool // rests on an explicit terminal fact
	untilAttested bool // a comparison that rotates once and remains a finding until it is attested
	personal      bool // cannot be excepted where the access is bound to a person
	obstacle      obstacle
	successive    bool   // asks for another owner
	blocks        string // why nothing can be issued, where obstacle says so
	remedy        string
}

var table = [NumCodes]finding{
	AssetRetired: {
		name: "asset.retired", origin: byAssessment, terminal: true,
		obstacle: assetIsKept, blocks: "the asset is retired",
		remedy: "If this is wrong, correct the asset's state in its record.",
	},
	AssetLost: {
		name: "asset.lost", origin: byAssessment, terminal: true,
		obstacle: assetIsKept, blocks: "the asset is lost",
		remedy: "If this is wrong, correct the asset's state in its record.",
	},
	AssetInactive: {
		name: "asset.inactive", origin: byAssessment,
		obstacle: assetIsKept, blocks: "the asset is not in service yet",
		remedy: "Put the asset into service in its record to give access.",
	},
	AssetMissing: {
		name: "asset.missing", origin: byAssessment,
		obstacle: assetIsKept, blocks: "the asset's record is missing",
		remedy: "Restore the record, or remove the grant if the asset is gone.",
	},
	AssetRetiring: {
		name: "asset.retiring", origin: byAssessment,
		remedy: "Correct the retirement date, or plan the end of this access.",
	},
	AssetReassigned: {
		name: "asset.reassigned", origin: byComparison,
		personal: true,
		remedy:   "If this is wrong, correct the assignment in the record.",
	},
	AssetChanged: {
		name: "asset.changed", origin: byComparison,
		untilAttested: true,
		remedy:        "Attest that the access is still justified, or remove the grant.",
	},
	AssetUnclassified: {
		name: "asset.unclassified", origin: byAssessment,
		remedy: "Map the class in the policy's classes to person or workload, or correct the class in the record.",
	},
	OwnerNone: {
		name: "owner.none", origin: byAssessment, successive: true,
		remedy: "Name an owner in the record.",
	},
	OwnerUnknown: {
		name: "owner.unknown", origin: byAssessment, successive: true,
		remedy: "Correct the owner in the record, or add the person to the directory.",
	},
	OwnerLeft: {
		name: "owner.left", origin: byAssessment, terminal: true, successive: true,
		obstacle: holderIsKept, blocks: "the owner has left",
		remedy: "Assign the asset to a new owner; if this is wrong, correct the person's status in the directory.",
	},
	OwnerLeaving: {
		name: "owner.leaving", origin: byAssessment, successive: true,
		remedy: "Assign the asset to a new owner, or attest that the access is needed until then.",
	},
	OwnerEnded: {
		name: "owner.ended", origin: byAssessment, successive: true,
		obstacle: holderIsKept, blocks: "the owner's end date has passed", personal: true,
		remedy: "Correct the end date or the status in the directory, or assign the asset to a new owner.",
	},
	OwnerGone: {
		name: "owner.gone", origin: byGrant, successive: true,
		obstacle: holderIsKept, blocks: "the holder is no longer in the directory", personal: true,
		remedy: "Assign the asset to a new owner; if this is wrong, restore the person in the directory.",
	},
	OwnerSuspended: {
		name: "owner.suspended", origin: byAssessment, successive: true,
		personal: true,
		obstacle: holderIsKept, blocks: "the owner is suspended",
		remedy: "Lift the suspension in the directory, or assign the asset to a new owner.",
	},
	OwnerMoved: {
		name: "owner.moved", origin: byComparison,
		untilAttested: true,
		remedy:        "Attest that the access is still justified, or remove the grant.",
	},
	OwnerChanged: {
		name: "owner.changed", origin: byComparison, untilAttested: true,
		remedy: "Attest that the access is still justified for those who are left, or remove the grant.",
	},
	OwnerShared: {
		name: "owner.shared", origin: byAssessment,
		remedy: "Name one owner in the record, or attest that sharing is intended.",
	},
	OwnerConflict: {
		name: "owner.conflict", origin: byAssessment,
		remedy: "Correct the record or the claim that contradicts it.",
	},
	OwnerNoActiveMember: {
		name: "owner.no_active_member", origin: byAssessment, successive: true,
		remedy: "Give the team an active member, or assign the asset to another owner.",
	},
	RecordStale: {
		name: "record.stale", origin: byAssessment,
		remedy: "Verify the record in the asset system, or attest the access.",
	},
	RecordIncomplete: {
		name: "record.incomplete", origin: byAssessment,
		remedy: "Complete the record, or declare what it lacks.",
	},
	RecordDuplicate: {
		name: "record.duplicate", origin: byAssessment,
		remedy: "Remove the duplicate from the asset system.",
	},
	TaskOpen: {
		name: "task.open", origin: byAssessment,
		remedy: "Close the task.",
	},
	TaskOverdue: {
		name: "task.overdue", origin: byAssessment,
		remedy: "Close the task.",
	},
	TaskUnclosed: {
		name: "task.unclosed", origin: byGrant,
		obstacle: assetIsKept, blocks: "a task must be closed first",
		remedy: "Close the task: nothing else is needed, and the next run goes on by itself.",
	},
	AccessUnused: {
		name: "access.unused", origin: byGrant,
		remedy: "Attest that the access is still needed, or remove the grant.",
	},
	GrantRecertificationDue: {
		name: "grant.recertification_due", origin: byGrant,
		remedy: "Attest that the access is still justified.",
	},
	GrantRiskLowered: {
		name: "grant.risk_lowered", origin: byComparison, untilAttested: true,
		remedy: "Attest that the access is no longer privileged. Until then it is decided as privileged.",
	},
	GrantRejected: {
		name: "grant.rejected", origin: byGrant, terminal: true,
		remedy: "If this is wrong, have somebody who may attest the access, with a date after the rejection.",
	},
	GrantRotationDue: {
		name: "grant.rotation_due", origin: byEngine,
	},
	GrantLatched: {
		name: "grant.latched", origin: byEngine,
	},
	GrantExpired: {
		name: "grant.expired", origin: byEngine,
	},
	GrantRestored: {
		name: "grant.restored", origin: byEngine,
	},
	ExceptionExpired: {
		name: "exception.expired", origin: byGrant,
		remedy: "Remove the exception, or have a new one approved.",
	},
}

var codeNames = func() names[Code] {
	n := names[Code]{what: "finding code"}
	for i := range table {
		n.list = append(n.list, table[i].name)
	}
	return n
}()

// codesWhere returns the set of the codes whose row holds.
func codesWhere(holds func(*finding) bool) CodeSet {
	var s CodeSet
	for c := range NumCodes {
		if holds(&table[c]) {
			s = s.With(c)
		}
	}
	return s
}

func (c Code) String() string { return codeNames.text(c) }

// ParseCode returns the finding code that s names.
func ParseCode(s string) (Code, error) { return codeNames.parse(s) }

// Codes lists every finding code.
func Codes() []string { return codeNames.all() }

// CodeSet is a set of finding codes.
type CodeSet uint64

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
func (s CodeSet) Len() int { return bits.OnesCount64(uint64(s)) }

// text lists the codes for a sentence.
func (s CodeSet) text() string {
	var out []string
	for c := range s.All {
		out = append(out, c.String())
	}
	return list(out)
}

// All yields the codes of the set in their fixed order.
func (s CodeSet) All(yield func(Code) bool) {
	for s != 0 {
		c := Code(bits.TrailingZeros64(uint64(s))) //nolint:gosec // at most 63
		if !yield(c) {
			return
		}
		s &= s - 1
	}
}

var (
	// Terminal are the findings that rest on an explicit terminal fact. Only
	// these may revoke, and they cannot be excepted.
	Terminal = codesWhere(func(f *finding) bool { return f.terminal })

	// Engine are the findings that explain what the schedule and the latch do
	// by themselves. No trigger can be written for them and "*" does not match
	// them.
	Engine = codesWhere(func(f *finding) bool { return f.origin == byEngine })

	// RaisedByGrant are the findings that only Decide raises, so that a binding
	// cannot bring them along.
	RaisedByGrant = codesWhere(func(f *finding) bool { return f.origin != byAssessment })

	// comparators are raised by comparing a binding with what the grant was last
	// issued or certified on.
	comparators = codesWhere(func(f *finding) bool { return f.origin == byComparison })

	// untilAttested are the comparisons that rotate once and remain findings until
	// they are attested.
	untilAttested = codesWhere(func(f *finding) bool { return f.untilAttested })

	// personal are the findings that cannot be excepted where the access is
	// bound to a person: somebody else would keep a person's credential.
	personal = codesWhere(func(f *finding) bool { return f.personal })

	// holderObstacles keep a credential from being issued, renewed or enabled,
	// but for the rotation with overlap of a workload.
	holderObstacles = codesWhere(func(f *finding) bool { return f.obstacle == holderIsKept })

	// assetObstacles keep a credential from being issued, renewed or enabled.
	assetObstacles = codesWhere(func(f *finding) bool { return f.obstacle == assetIsKept })

	// successive are the findings that ask for another owner.
	successive = codesWhere(func(f *finding) bool { return f.successive })
)

// Exceptable returns the findings that an exception may name for an asset of the
// given column: none that revokes in the baseline, and where the access is bound to a
// person none that says that somebody else may have it.
func Exceptable(column BoundTo) CodeSet {
	set := (CodeSet(1)<<NumCodes - 1) &^ Terminal &^ Engine
	set = set.Without(ExceptionExpired)
	if column != BoundToWorkload {
		set &^= personal
	}
	return set
}

// Mappable reports whether a trigger may be written for the finding.
func (c Code) Mappable() bool { return !Engine.Has(c) }
