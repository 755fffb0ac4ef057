// Package acctest runs the provider under a real terraform or tofu: the
// provider serves from the test's own process, over a clock that the test
// moves, and the command line tool attaches to it.
//
// A World is for test cases of terraform-plugin-testing, which read plans and
// states in their machine form. A Workspace runs single commands and reads what
// a user would read; CONTRIBUTING.md says which is for what.
package acctest
