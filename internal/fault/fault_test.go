package fault

import (
	"errors"
	"testing"
)

// Single things that happened stand below what happened, and in one line in an error.
func TestItems(t *testing.T) {
	f := &Fault{Summary: "Unable to Read", Happened: "2 values are not accepted.", Items: []string{"line 1: x", "line 2: y"}, Advice: "Correct them.", Err: errors.New("z")}
	if got, want := f.Error(), "Unable to Read: 2 values are not accepted. line 1: x; line 2: y: z"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := f.Detail(), "2 values are not accepted.\n  line 1: x\n  line 2: y\n\nCorrect them.\n\nOriginal error: z"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
