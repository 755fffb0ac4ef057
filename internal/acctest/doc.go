// Package acctest runs the provider under a real terraform or tofu: the
// provider serves from the test's own process, over a clock that the test
// moves, and the command line tool attaches to it. What a test reads is what a
// user would read.
package acctest
