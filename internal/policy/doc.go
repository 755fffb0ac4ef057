// Package policy reads the policy document: it parses and checks the document,
// compiles its conditions, and flattens it with the documents that it extends
// into the rules of the lifecycle package. The built-in baseline is such a
// document as well. The package does no I/O and reads no clock.
package policy
