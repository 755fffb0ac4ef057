// Package policy reads the policy document: it parses and checks the document,
// compiles its conditions, and flattens it with the documents that it extends
// into the rules that the lifecycle package decides by. The built-in baseline
// is such a document too. The package does no I/O and knows no clock.
package policy
