package postgresql

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/pgconnect"
)

// aboutFunctions are the codes with which the server says that functions refused, are not
// there or may not be called.
var aboutFunctions = []string{"42501", "42883", "3F000"}

// readCallable reads the name of the account, and which functions of the schema $1 it may
// call.
const readCallable = `SELECT current_user::text, ARRAY(SELECT p.proname::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
	WHERE n.nspname::text = $1 AND has_function_privilege(p.oid, 'EXECUTE') AND has_schema_privilege(n.oid, 'USAGE'))`

// readRefused asks the functions why a lease with the roles $1 was refused: which of them
// are not there, which are refused and why, and how many seconds a lease may last.
const readRefused = `SELECT ARRAY(SELECT n FROM unnest($1::text[]) n WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname::text = n)),
	ARRAY(SELECT n FROM unnest($1::text[]) WITH ORDINALITY AS t(n, i) WHERE %[1]s(n) IS NOT NULL ORDER BY i),
	ARRAY(SELECT %[1]s(n) FROM unnest($1::text[]) WITH ORDINALITY AS t(n, i) WHERE %[1]s(n) IS NOT NULL ORDER BY i),
	extract(epoch FROM %[2]s())::bigint`

// explainFunctions finds out why the functions refused a lease.
func (s *System) explainFunctions(ctx context.Context, o *system.LeaseOrder, cause error) error {
	var me string
	var callable, absent, refused, why []string
	var longest int64
	err := s.pool.Do(ctx, s.begin("READ ONLY"), pgconnect.Rollback, func(conn *pgx.Conn) error {
		if err := conn.QueryRow(ctx, readCallable, s.config.Functions).Scan(&me, &callable); err != nil || len(without(leaseFunctions, callable)) > 0 {
			return err
		}
		query := fmt.Sprintf(readRefused, quoted(s.config.Functions, functionLeaseRefusal), quoted(s.config.Functions, functionLongestLease))
		return conn.QueryRow(ctx, query, o.Roles).Scan(&absent, &refused, &why, &longest)
	})
	if err != nil {
		return s.leaseFault(ctx, openingLease, err)
	}
	lasts := time.Duration(longest) * time.Second
	switch missing := without(leaseFunctions, callable); {
	case len(missing) > 0:
		return s.leaseRefused(fault.ErrDenied, fmt.Sprintf("In the database server %q the role %q lacks EXECUTE on the function %s.%s, or the function is not there.",
			s.config.Name, s.shown(me), s.config.Functions, missing[0]), s.giveLeaseFunctions(me), cause)
	case len(absent) > 0:
		return s.noSuchRoles(absent, cause)
	case len(refused) > 0:
		return s.leaseRefused(fault.ErrDenied, fmt.Sprintf("The functions in the schema %q of the database server %q refuse the role %s: %s.",
			s.config.Functions, s.config.Name, s.named(refused[:1]), s.shown(why[0])), "Let the functions allow the role, or leave it out.", cause)
	case o.End.TTL > lasts:
		return s.leaseRefused(fault.ErrDenied, fmt.Sprintf("The functions in the schema %q of the database server %q give leases of at most %s, and this one was to last %s.",
			s.config.Functions, s.config.Name, lasts, o.End.TTL),
			fmt.Sprintf("Make ttl at most %s, or let the function %s.%s return more.", lasts, s.config.Functions, functionLongestLease), cause)
	}
	return s.leaseFault(ctx, openingLease, cause)
}

// giveLeaseFunctions says how the functions come to be there and to be called.
func (s *System) giveLeaseFunctions(me string) string { return s.give(leaseFunctions, me) }
