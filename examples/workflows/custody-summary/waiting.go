package main

import (
	"cmp"
	"slices"
	"time"
)

// wait is a grant about which somebody has to do something.
type wait struct {
	entry
	kind  string
	asks  []string // the keys of those to ask
	since string
	until string // when the schedule changes the grant next
}

// What a grant can wait for.
const (
	waitReview    = "review"
	waitRecertify = "recertification"
	waitBlock     = "block"
	waitLapse     = "lapse"
)

// waitOf returns what a grant waits for, whether or not the plan changes it: a review
// or a recertification, a record to be mended, or the access to be given up. It is ""
// if it waits for nothing.
func waitOf(g *grant) string {
	switch {
	case g.Status == "blocked":
		return waitBlock
	case g.Status == "lapsing":
		return waitLapse
	case g.Status == "review", g.Status == "active" && g.Would == "" && (g.memory.Action == "recertify" || g.memory.Action == "review"):
		if g.memory.Action == "recertify" {
			return waitRecertify
		}
		return waitReview
	}
	return ""
}

// waitFor describes what an entry waits for.
func (n names) waitFor(e entry) (wait, bool) {
	if e.after == nil {
		return wait{}, false
	}
	kind := waitOf(e.after)
	return wait{entry: e, kind: kind, asks: n.asked(&e.after.facts), since: since(e.after), until: e.after.NextChangeAt}, kind != ""
}

// asked returns whom to ask: the active owner of workload-bound access, who may attest
// by default, the proposed owner, the manager, and the lifecycle owner.
func (n names) asked(f *facts) []string {
	var out []string
	for _, key := range []string{f.attestant(), f.Successor, n.manager(f), f.LifecycleOwner} {
		if key != "" && !slices.Contains(out, key) {
			out = append(out, key)
		}
	}
	return out
}

func (f *facts) attestant() string {
	if f.BoundTo == "workload" && f.OwnerStatus == "active" {
		return f.Holder
	}
	return ""
}

// since returns the instant from which on a grant has waited, as far as it remembers.
func since(g *grant) string {
	first := g.memory.Review.Since
	for _, r := range g.reasons() {
		if seen := g.memory.Conditions[r.Code]; seen != "" && (first == "" || seen < first) {
			first = seen
		}
	}
	return first
}

// waived is a grant with an exception that lasts.
type waived struct {
	entry
	*exception
}

// exceptionOf returns the exception that lasts at an instant.
func exceptionOf(e entry, now time.Time) (waived, bool) {
	if e.after == nil || e.after.memory.Exception == nil || e.after.memory.Exception.EndedAt != "" {
		return waived{}, false
	}
	x := e.after.memory.Exception
	end, ok := instant(x.ExpiresAt)
	return waived{e, x}, ok && now.Before(end)
}

// soonest orders exceptions, the first that ends first.
func soonest(a, b waived) int {
	return cmp.Or(cmp.Compare(a.ExpiresAt, b.ExpiresAt), cmp.Compare(a.address, b.address))
}
