// Package register is the optional record that workspaces share: what their grants
// remember, which reviews and notices went out, which acts were begun, and a
// ledger of all that was done.
//
// The ledger has one chain of events for each workspace. The hash of an event
// covers the hash of the event before it, and an event is written in the same
// transaction as what it records, so that neither exists without the other.
package register
