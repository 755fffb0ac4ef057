package run

import (
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
)

// Report turns an error of an operation into one diagnostic at the given
// attribute. A system that did not answer concerns every object that needs it:
// the fault is reported in full at the first, and in one paragraph at the
// others.
func (r *Run) Report(o operation.Operation, diags *diag.Diagnostics, at path.Path, err error) {
	var f *fault.Fault
	if errors.As(err, &f) && errors.Is(err, fault.ErrUnavailable) && r.toldBefore(f.Error()) {
		o.Repeat(diags, at, err)
		return
	}
	o.Report(diags, at, err)
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
