package run

import (
	"errors"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
)

// Report turns an error of an operation into one diagnostic at the given
// attribute of the given object. A system that did not answer concerns every
// object that needs it: the fault is reported in full at the first, and in one
// paragraph, which names the first, at the others.
func (r *Run) Report(o operation.Operation, diags *diag.Diagnostics, object Object, at path.Path, err error) {
	var f *fault.Fault
	if errors.As(err, &f) && errors.Is(err, fault.ErrUnavailable) {
		if first, repeated := r.reportedAt(f.Error(), object); repeated {
			o.Repeat(diags, at, first.String(), err)
			return
		}
	}
	o.Report(diags, at, err)
}

// Object names an object of the configuration in a message.
type Object struct {
	Type string // "custody_binding"
	Name string // what the object is about: an asset, the id of a grant
}

func (o Object) String() string { return o.Type + " of " + strconv.Quote(o.Name) }

// reportedAt returns the object at which a fault was reported first, and whether that
// was before this call.
func (r *Run) reportedAt(text string, object Object) (Object, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if first, ok := r.reported[text]; ok {
		return first, true
	}
	if r.reported == nil {
		r.reported = make(map[string]Object)
	}
	r.reported[text] = object
	return object, false
}
