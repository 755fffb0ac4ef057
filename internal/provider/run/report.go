package run

import (
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// Report turns an error into one diagnostic at the given attribute. A system
// that did not answer concerns every object that needs it: the fault is told in
// full at the first, and in one paragraph at the others.
func (r *Run) Report(diags *diag.Diagnostics, at path.Path, err error) {
	var f *fault.Fault
	if errors.As(err, &f) && errors.Is(err, fault.ErrUnavailable) && r.toldBefore(f.Error()) {
		err = &fault.Fault{Kind: f.Kind, Summary: f.Summary,
			Happened: f.Happened + " Nothing was issued and nothing was revoked. The full message stands at another object of this run."}
	}
	value.Report(diags, at, err)
}

func (r *Run) toldBefore(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.told[text]; ok {
		return true
	}
	if r.told == nil {
		r.told = make(map[string]struct{})
	}
	r.told[text] = struct{}{}
	return false
}
