package lifecycle

import (
	"slices"
	"strings"
)

// compare raises the findings that come from comparing the binding with what the
// grant was last issued on. Held facts raise nothing that was not raised before.
func (e *evaluation) compare() {
	p, b := e.prior, e.binding
	if p.Serial == 0 || e.replaced {
		return
	}
	raised := e.compareHolders()
	if e.assetDiffers() {
		raised = raised.With(AssetChanged)
	}
	same := b.Holder != "" && raised&SetOf(AssetReassigned, OwnerChanged) == 0
	if same && (managerChanged(p.Basis.Manager, b.Manager) || teamsChanged(p.Basis.Teams, b.Teams)) {
		raised = raised.With(OwnerMoved)
	}
	if b.Held {
		raised &= e.everSeen()
	}
	e.differs |= raised & comparators
	e.findings |= raised | e.unanswered(raised)
}

// assetDiffers reports whether the asset is another kind of asset than at the last
// issue.
func (e *evaluation) assetDiffers() bool {
	p, b := &e.prior.Basis, e.binding
	return changed(p.Class, b.Class) || changed(p.Environment, b.Environment) || changed(p.Criticality, b.Criticality)
}

// unanswered returns the comparisons that were seen before and have not been
// attested since: they stay until they are attested, even if a new credential
// has removed the difference. Comparisons about a former holder do not stay.
func (e *evaluation) unanswered(raised CodeSet) CodeSet {
	ever := e.everSeen()
	open := ever & untilAttested.Without(GrantRiskLowered)
	if e.prior.Memory.ReassignmentPending && ever.Has(AssetReassigned) && !raised.Has(AssetReassigned) {
		open = open.With(AssetReassigned)
	}
	if raised.Has(AssetReassigned) {
		open &^= SetOf(OwnerMoved, OwnerChanged)
	}
	for c := range open.All {
		e.see(c)
		if e.answersStill(c) {
			open = open.Without(c)
		}
		e.findings = e.findings.Without(c)
	}
	return open
}

// everSeen returns the findings that the grant remembers.
func (e *evaluation) everSeen() CodeSet {
	var s CodeSet
	if e.prior.Serial > 0 && e.prior.Asset != e.binding.Asset {
		return s
	}
	for i := range e.prior.Conditions {
		s = s.With(e.prior.Conditions[i].Code)
	}
	return s
}

// presence is what the record and the directories say about a former holder.
type presence uint8

const (
	unnamed   presence = iota
	named              // the record names them, and they hold the asset
	ambiguous          // the record names them by a key that several entries have
	gone               // the record names them by a key that no entry has any more
)

// compareHolders compares the holders at the last issue with the current holders.
// A person is recognised by any remembered key.
func (e *evaluation) compareHolders() CodeSet {
	p, b := e.prior, e.binding
	if p.Holder == "" || p.Holder == b.Holder {
		return 0
	}
	var counts [gone + 1]int
	former := holders(p.Holder)
	for _, h := range former {
		counts[e.presenceOf(h)]++
	}
	switch {
	case counts[unnamed]+counts[gone] == 0:
		return 0
	case counts[named] > 0, counts[ambiguous] > 0 && b.Holder != "":
		return SetOf(OwnerChanged)
	case counts[ambiguous] > 0:
		return 0 // the holder is unknown, which is a separate finding
	case b.Holder != "":
		return SetOf(AssetReassigned)
	case counts[gone] > 0:
		return SetOf(OwnerGone)
	case len(b.OwnerKeys) > 0:
		return SetOf(AssetReassigned) // to an owner who is in no directory
	default:
		return 0 // the record names no owner, which is a separate finding
	}
}

// presenceOf returns the presence of a former holder.
func (e *evaluation) presenceOf(holder string) presence {
	found := unnamed
	for _, k := range e.binding.OwnerKeys {
		if k.Holder == holder || e.isFormer(k.Key, holder) {
			switch {
			case k.Holder != "":
				return named
			case k.Absent && found == unnamed:
				found = gone
			case !k.Absent:
				found = ambiguous
			}
		}
	}
	if found == unnamed && slices.Contains(holders(e.binding.Holder), holder) {
		return named
	}
	return found
}

// isFormer reports whether a key was a key of the former holder at the last issue.
func (e *evaluation) isFormer(key, holder string) bool {
	if len(e.prior.Basis.Keys) == 0 {
		_, id, _ := strings.Cut(holder, "/")
		return key == fold(id)
	}
	return slices.ContainsFunc(e.prior.Basis.Keys, func(k OwnerKey) bool { return k.Holder == holder && k.Key == key })
}

// changed reports whether a fact was stated before, is stated now and differs.
// A fact that is stated for the first time is not a change.
func changed(before, after string) bool {
	return before != "" && after != "" && !sameWord(before, after)
}

func managerChanged(before, after string) bool {
	return before != "" && after != "" && !sameKey(before, after)
}

func teamsChanged(before, after []string) bool {
	return len(before) > 0 && len(after) > 0 && !slices.Equal(before, after) && !sameKeys(before, after)
}
