// Package operation turns errors into diagnostics. What an error means for the
// access depends on the operation, so the operation adds it and messages do not
// contain it.
package operation

import (
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// Operation is what Terraform requested of the provider.
type Operation int

// The operations. All except Apply and Open change nothing, even if they fail.
const (
	// Configure reads the provider block.
	Configure Operation = iota
	// Import adds an object to the state.
	Import
	// Read refreshes an object of the state, or reads a data source.
	Read
	// Plan decides what changes.
	Plan
	// Apply carries out a plan.
	Apply
	// Open asks, while a plan is made or carried out, whether an access may be used now.
	Open
)

var names = [...]string{Configure: "configure", Import: "import", Read: "read", Plan: "plan", Apply: "apply", Open: "open"}

// String returns the operation in one word.
func (o Operation) String() string { return names[o] }

// consequence returns what an error in the operation means for the access; the
// reason, which may be empty, says why.
func (o Operation) consequence(reason string) string {
	switch o {
	case Apply:
		// Terraform destroys what depends on an object before it updates the object.
		return "Nothing was issued" + reason + ". What the plan removed stays removed."
	case Open:
		return "The access is not confirmed" + reason + ". What depends on it stops here."
	}
	return "Nothing was issued and nothing was revoked" + reason + "."
}

// faultOf returns the error as a fault that says what it means for the access.
func (o Operation) faultOf(err error) *fault.Fault {
	var f *fault.Fault
	if !errors.As(err, &f) {
		f = &fault.Fault{Summary: "Unable to Reach a Decision", Happened: err.Error()}
	}
	if f.Consequence != "" {
		return f
	}
	reason := ""
	if errors.Is(err, fault.ErrUnavailable) {
		reason = ": absence cannot be told from failure"
	}
	whole := *f
	whole.Consequence = o.consequence(reason)
	return &whole
}

// Report turns an error into one diagnostic: at the given attribute, or at none
// if the path is empty.
func (o Operation) Report(diags *diag.Diagnostics, at path.Path, err error) {
	f := o.faultOf(err)
	add(diags, at, f.Summary, f.Detail())
}

// Repeat turns an error that was reported in full at the first object into one
// diagnostic of one paragraph.
func (o Operation) Repeat(diags *diag.Diagnostics, at path.Path, first string, err error) {
	f := o.faultOf(err)
	add(diags, at, f.Summary, f.Happened+" "+o.consequence("")+" The full message is at the "+first+".")
}

// Warn turns an error into one warning with the given summary.
func (o Operation) Warn(diags *diag.Diagnostics, at path.Path, summary string, err error) {
	diags.AddAttributeWarning(at, summary, o.faultOf(err).Detail())
}

// ReportPolicy turns the errors of a policy document into diagnostics at the
// attribute with the document, each with its place in it.
func (o Operation) ReportPolicy(diags *diag.Diagnostics, at path.Path, err error) {
	var problems policy.Problems
	if !errors.As(err, &problems) {
		o.Report(diags, at, &fault.Fault{Summary: "Invalid Policy", Happened: value.Located(at, fault.Sentence(err))})
		return
	}
	for _, p := range problems {
		happened := p.Detail
		if where := p.Location(); where != "" {
			happened = "At " + where + ": " + happened
		}
		o.Report(diags, at, &fault.Fault{Summary: p.Summary, Happened: happened})
	}
}

func add(diags *diag.Diagnostics, at path.Path, summary, detail string) {
	if len(at.Steps()) == 0 {
		diags.AddError(summary, detail)
		return
	}
	diags.AddAttributeError(at, summary, detail)
}
