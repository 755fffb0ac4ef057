// Package lifecycle holds the rules that join the custody of an asset to the
// access that it justifies: from facts to findings and a confidence (Assess),
// and from findings to one action, and to the credentials that should exist
// (Decide).
//
// Everything here is a pure function of its arguments and of one instant. The
// package imports the standard library only, reads no clock, does no I/O and
// keeps no state, so that a plan and the apply that follows it cannot disagree.
package lifecycle
