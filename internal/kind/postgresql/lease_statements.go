package postgresql

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// The functions for leases in the schema that the configuration names.
const (
	functionLongestLease  = "longest_lease"
	functionLeaseRefusal  = "lease_refusal"
	functionIsLease       = "is_lease"
	functionOpenLease     = "open_lease"
	functionRenewLease    = "renew_lease"
	functionStopLease     = "stop_lease"
	functionLeaseSessions = "end_lease_sessions"
	functionRemoveLease   = "remove_lease"
)

// leaseFunctions are all that an account has to be able to call.
var leaseFunctions = []string{
	functionLongestLease, functionLeaseRefusal, functionIsLease, functionOpenLease,
	functionRenewLease, functionStopLease, functionLeaseSessions, functionRemoveLease,
}

// statement is one statement, with what is sent beside it.
type statement struct {
	text string
	args []any
}

func execute(ctx context.Context, conn *pgx.Conn, list ...statement) error {
	for _, one := range list {
		if _, err := conn.Exec(ctx, one.text, one.args...); err != nil {
			return err
		}
	}
	return nil
}

// calling returns the call of a function. types are those of its arguments in turn.
func (s *System) calling(function, types string, args ...any) statement {
	return statement{"SELECT " + quoted(s.config.Functions, function) + "(" + types + ")", args}
}

// opening makes the role of a lease. Without functions nothing can be sent beside the
// statement: the server takes no parameters of CREATE ROLE.
func (s *System) opening(o *system.LeaseOrder, verifier, end string) []statement {
	about := strings.ReplaceAll(o.For, "\x00", "")
	if s.config.Functions != "" {
		return []statement{s.calling(functionOpenLease, "$1::text, $2::text, $3::text[], $4::text::timestamptz, $5::text",
			o.Name, verifier, o.Roles, end, about)}
	}
	roles := make([]string, len(o.Roles))
	for i, r := range o.Roles {
		roles[i] = quoted(r)
	}
	out := []statement{
		{text: "CREATE ROLE " + quoted(o.Name) + " LOGIN PASSWORD '" + verifier + "' VALID UNTIL '" + end + "' IN ROLE " + strings.Join(roles, ", ")},
		{text: "COMMENT ON ROLE " + quoted(o.Name) + " IS " + literal(leaseMark+about)},
	}
	if o.ActAs != "" {
		out = append(out, statement{text: "ALTER ROLE " + quoted(o.Name) + " SET role TO " + literal(o.ActAs)})
	}
	return out
}

func (s *System) renewing(r *role, end string) statement {
	if s.config.Functions != "" {
		return s.calling(functionRenewLease, "$1::text, $2::text::timestamptz", r.name, end)
	}
	return statement{text: "ALTER ROLE " + quoted(r.name) + " VALID UNTIL '" + end + "'"}
}

func (s *System) stopping(r *role) statement {
	if s.config.Functions != "" {
		return s.calling(functionStopLease, "$1::text", r.name)
	}
	return statement{text: "ALTER ROLE " + quoted(r.name) + " NOLOGIN"}
}

func (s *System) endingSessions(r *role) []statement {
	wait := s.config.Timeout.Milliseconds()
	if s.config.Functions != "" {
		return []statement{s.calling(functionLeaseSessions, "$1::text, $2::bigint", r.name, wait)}
	}
	return []statement{{tellSessions, []any{r.oid}}, {endSessions, []any{r.oid, wait}}}
}

func (s *System) removing(r *role) statement {
	if s.config.Functions != "" {
		return s.calling(functionRemoveLease, "$1::text", r.name)
	}
	return statement{text: "DROP ROLE " + quoted(r.name)}
}

// literal returns a text as a literal of a statement, whatever the setting of
// standard_conforming_strings is.
func literal(text string) string {
	return "E'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}
