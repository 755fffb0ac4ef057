package provider

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/notice"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/connect"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/record"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/tell"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// registerAttribute says where the register is.
var registerAttribute = schema.StringAttribute{
	Optional: true, Sensitive: true, Validators: []validator.String{value.Stated()},
	MarkdownDescription: "Where custody remembers what a state cannot, and keeps its evidence: `sqlite:` and the path of a file, which starts from the working directory, " +
		"or the connection string of a PostgreSQL database, `postgres://custody@db.example.org/custody?sslmode=verify-full`. Default: none; then nothing is recorded. " +
		"Leave the password out of it: `PGPASSWORD` and a password file are read. It needs `workspace`. The guide \"Without a register, with SQLite, with PostgreSQL\" compares the three.",
}

// workspaceAttribute names the chain of the ledger that a run writes to.
var workspaceAttribute = schema.StringAttribute{
	Optional: true, Validators: []validator.String{workspaceName()},
	MarkdownDescription: "What this state is called in the register: the same name in every run on it, and another for every other state, such as `payments-${terraform.workspace}`. " +
		"Each workspace has its own chain in the ledger, and a grant belongs to one workspace. Required with `register`.",
}

// formerAttribute names the workspaces whose grants may be taken over.
var formerAttribute = schema.ListAttribute{
	Optional: true, ElementType: types.StringType,
	Validators: []validator.List{listvalidator.UniqueValues(), listvalidator.SizeAtLeast(1), listvalidator.ValueStringsAre(workspaceName())},
	MarkdownDescription: "Names that this workspace had before, and workspaces that no longer exist: a grant that the register holds under one of these names is taken over, instead of being an error. " +
		"Name no workspace that still runs: two would then manage one grant.",
}

func workspaceName() validator.String {
	return value.Checked("Invalid Workspace", fmt.Sprintf("a name of at most %d bytes, without control characters", record.LongestName), record.CheckWorkspace)
}

// register returns what the run records in; nil without a register, or if an error
// was reported.
func (p *Provider) register(m *model, diags *diag.Diagnostics) *record.Run {
	if m.Register.IsNull() {
		return nil
	}
	if m.Workspace.IsNull() {
		operation.Configure.Report(diags, path.Root("workspace"), &fault.Fault{
			Kind: fault.ErrConfig, Summary: "Register Needs a Workspace", Happened: "register is set, and workspace is not.",
			Advice: "Name this state, differently from every other one that uses the register: workspace = \"payments-${terraform.workspace}\".",
		})
		return nil
	}
	r, err := p.registers.New(record.Options{
		Location: m.Register.ValueString(), Workspace: m.Workspace.ValueString(), Former: value.TextsOf(m.Former.Elements()),
	}, p.clock)
	if err != nil {
		operation.Configure.Report(diags, path.Root("register"), err)
		return nil
	}
	return r
}

// Close ends what the provider keeps open between calls.
func (p *Provider) Close() error { return p.registers.Close() }

// teller returns what tells people and other systems of what the run does; nil if
// nobody is told, or if an error was reported.
func (p *Provider) teller(r *run.Run, m *model, diags *diag.Diagnostics) *tell.Teller {
	if diags.HasError() {
		return nil
	}
	before := r.Rules.Notices
	if before == nil {
		before = notice.Usual()
	}
	if m.Notices != nil && m.Notices.Reviews.ValueBool() {
		if problem := unheardIn(r.Reviews); problem != nil {
			operation.Configure.Report(diags, path.Root("notices").AtName("reviews"), problem)
			return nil
		}
	}
	return tell.Open(m.Notices, m.Signals, before, r.Register, p.clock, diags)
}

// unheardIn says why a notice as a comment in a queue would reach no one; nil if it would.
func unheardIn(queue *run.Reviews) error {
	f := &fault.Fault{Kind: fault.ErrConfig, Summary: "Notices Need a Review Queue"}
	switch {
	case queue == nil:
		f.Happened = "notices.reviews is true, and the provider has no review queue: reviews is not set."
		f.Advice = "Name the system with the review queue in reviews, or leave notices.reviews out."
	case !connect.SendsComments(queue):
		f.Happened = fmt.Sprintf("notices.reviews is true, and the review queue %q is the register, which sends a comment to no one.", queue.Name())
		f.Advice = "Send notices by mail or to a webhook, and leave notices.reviews out."
	default:
		return nil
	}
	return f
}
