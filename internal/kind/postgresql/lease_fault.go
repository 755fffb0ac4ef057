package postgresql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/pgconnect"
)

func (s *System) leaseRefused(kind error, happened, advice string, err error) error {
	f := &fault.Fault{Kind: kind, Summary: summaryLease, Happened: happened, Advice: advice}
	if text := spoken(err); text != "" {
		f.Err = errors.New(s.shown(text))
	}
	return f
}

// leaseFault says why something could not be done with a lease, or may not have been.
func (s *System) leaseFault(ctx context.Context, doing string, err error) error {
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	happened, advice := s.reached(err)
	switch {
	case happened != "":
	case s.config.Functions != "" && slices.Contains(aboutFunctions, state(err)):
		return s.leaseRefused(fault.ErrDenied, fmt.Sprintf("The functions in the schema %q of the database server %q were to %s, and refused, are not there or may not be called.", s.config.Functions, s.config.Name, doing),
			s.giveLeaseFunctions(""), err)
	case state(err) == "42501":
		return s.leaseRefused(fault.ErrDenied, fmt.Sprintf("The account with which custody logs in to the database server %q may not %s.", s.config.Name, doing),
			"Give exactly these rights, as a superuser: GRANT pg_signal_backend TO <account>, and ALTER ROLE <account> CREATEROLE.", err)
	case errors.Is(err, errChanged), state(err) == "XX000":
		return s.leaseRefused(fault.ErrChanged, fmt.Sprintf("The database server %q was asked to %s, but the role has changed since it was read, or is gone.", s.config.Name, doing),
			"Apply again: the next run finds out.", err)
	default:
		happened, advice = fmt.Sprintf("The database server %q was asked to %s, and did not.", s.config.Name, doing), "Look at the log of the database server, then apply again."
	}
	f := &fault.Fault{Kind: fault.ErrUnavailable, Summary: summaryLease, Happened: happened, Advice: advice}
	if text := spoken(err); text != "" {
		f.Err = errors.New(s.shown(text))
	}
	return f
}

// readGiven reads what the account may give: whether it may make roles, its name, and
// of the roles $1 those that are there, whether each may be given, and whether it may do
// everything.
const readGiven = `SELECT me.rolname::text, me.rolcreaterole OR me.rolsuper, current_setting('server_version_num')::int,
	ARRAY(SELECT r.rolname::text FROM pg_roles r WHERE r.rolname::text = ANY ($1)),
	ARRAY(SELECT r.rolname::text FROM pg_roles r WHERE r.rolname::text = ANY ($1) AND (me.rolsuper OR NOT r.rolsuper
		AND (current_setting('server_version_num')::int < 160000 OR pg_has_role(me.oid, r.oid, 'MEMBER WITH ADMIN OPTION')))),
	ARRAY(SELECT r.rolname::text FROM pg_roles r WHERE r.rolname::text = ANY ($1) AND r.rolsuper)
	FROM pg_roles me WHERE me.rolname = current_user`

// explainRoles finds out why a lease with the roles of the order was refused.
func (s *System) explainRoles(ctx context.Context, o *system.LeaseOrder, cause error) error {
	var me string
	var creates bool
	var version int
	var there, given, super []string
	err := s.pool.Do(ctx, s.begin("READ ONLY"), pgconnect.Rollback, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, readGiven, o.Roles).Scan(&me, &creates, &version, &there, &given, &super)
	})
	if err != nil {
		return s.leaseFault(ctx, openingLease, err)
	}
	switch absent, ungiven := without(o.Roles, there), without(without(o.Roles, given), super); {
	case len(absent) > 0:
		return s.noSuchRoles(absent, cause)
	case len(super) > 0:
		return s.leaseRefused(fault.ErrDenied, fmt.Sprintf("In the database server %q, %s may do everything, so no lease of it is given.", s.config.Name, s.named(super)),
			"Name a role that has only the rights that the work needs.", cause)
	case !creates:
		return s.leaseRefused(fault.ErrDenied, fmt.Sprintf("In the database server %q the role %q lacks the right CREATEROLE.", s.config.Name, s.shown(me)),
			giveExactly([]string{"ALTER ROLE " + quoted(me) + " CREATEROLE"}), cause)
	case len(ungiven) > 0:
		statements := make([]string, len(ungiven))
		for i, r := range ungiven {
			statements[i] = "GRANT " + quoted(r) + " TO " + quoted(me) + " WITH ADMIN TRUE, INHERIT FALSE, SET FALSE"
		}
		return s.leaseRefused(fault.ErrDenied, fmt.Sprintf("In the database server %q the role %q may not give %s: it lacks the ADMIN option on it.",
			s.config.Name, s.shown(me), s.named(ungiven)), giveExactly(statements), cause)
	}
	return s.leaseFault(ctx, openingLease, cause)
}

func (s *System) noSuchRoles(absent []string, cause error) error {
	return s.leaseRefused(fault.ErrConfig, fmt.Sprintf("The database server %q holds no role %s.", s.config.Name, s.named(absent)),
		"Name roles that are there, exactly as the server writes them.", cause)
}

// named writes the names of roles in a message.
func (s *System) named(roles []string) string {
	out := make([]string, len(roles))
	for i, r := range roles {
		out[i] = fmt.Sprintf("%q", s.shown(r))
	}
	return strings.Join(out, ", ")
}

// without returns the texts of a list that are not in the other.
func without(list, other []string) []string {
	var out []string
	for _, text := range list {
		found := false
		for _, o := range other {
			found = found || o == text
		}
		if !found {
			out = append(out, text)
		}
	}
	return out
}
