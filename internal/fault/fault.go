// Package fault holds the errors that a user will read. A fault says what
// happened, what it means for the user's access and what to do, in that order;
// the provider turns it into one diagnostic.
package fault

import (
	"errors"
	"strings"
)

// ErrUnavailable marks a system that failed, timed out or answered something
// that cannot be trusted. It never means that a record is absent.
var ErrUnavailable = errors.New("system unavailable")

// ErrConfig marks a configuration that names something that does not exist.
var ErrConfig = errors.New("invalid configuration")

// ErrDenied marks an act that the system refused because a right is missing.
var ErrDenied = errors.New("right missing")

// ErrChanged marks an act that was not done because its object is no longer what it
// was when it was read.
var ErrChanged = errors.New("object has changed")

// Fault is an error with the parts of a good diagnostic.
type Fault struct {
	Kind     error  // a sentinel of this package, if one fits
	Summary  string // Title Case, verb and object: "Unable to Read Asset Record"
	Happened string // what happened, a full sentence
	// Items are single things that happened, if there are several: each a line below
	// what happened.
	Items []string
	// Consequence is what it means for the access, a full sentence. It is empty in
	// nearly all faults, because it depends on the operation, which adds it.
	Consequence string
	Advice      string // what to do, a full sentence
	Err         error  // the original error, if any
}

// Meaning returns the fault in an error as one that says what it means for the access,
// if it does not say so itself; an error without a fault as it is.
func Meaning(err error, consequence string) error {
	var f *Fault
	if !errors.As(err, &f) || f.Consequence != "" {
		return err
	}
	said := *f
	said.Consequence = consequence
	return &said
}

// Sentence returns the text of an error as a full sentence.
func Sentence(err error) string {
	text := err.Error()
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// Error returns the parts as one text.
func (f *Fault) Error() string {
	text := f.Summary + ": " + f.Happened
	if len(f.Items) > 0 {
		text += " " + strings.Join(f.Items, "; ")
	}
	if f.Err != nil {
		text += ": " + f.Err.Error()
	}
	return text
}

// Unwrap returns the sentinel and the original error.
func (f *Fault) Unwrap() []error {
	out := make([]error, 0, 2)
	for _, err := range []error{f.Kind, f.Err} {
		if err != nil {
			out = append(out, err)
		}
	}
	return out
}

// Detail returns the text below the summary of a diagnostic.
func (f *Fault) Detail() string {
	parts := make([]string, 0, 4)
	happened := f.Happened
	for _, item := range f.Items {
		happened += "\n  " + item // the command line tool does not wrap a line that is indented
	}
	for _, p := range []string{happened, f.Consequence, f.Advice} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if f.Err != nil {
		parts = append(parts, "Original error: "+f.Err.Error())
	}
	return strings.Join(parts, "\n\n")
}
