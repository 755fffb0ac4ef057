package postgresql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/pgconnect"
)

const summaryLease = "Unable to Give Lease"

// leaseMark begins the comment on the role of a lease. A role without it is not a
// lease, whatever its name is.
const leaseMark = "custody lease for "

var _ system.Leases = (*System)(nil)

// readLease reads one lease: a role with the prefix and the mark.
const readLease = `SELECT r.oid::bigint, r.rolcanlogin, coalesce(r.rolvaliduntil < now(), false), r.rolvaliduntil,
	(SELECT count(*) FROM pg_stat_activity a WHERE a.usesysid = r.oid AND a.pid <> pg_backend_pid())
	FROM pg_roles r WHERE r.rolname::text = $1 AND starts_with(shobj_description(r.oid, 'pg_authid'), $2)`

// Lease returns the lease of the name.
func (s *System) Lease(ctx context.Context, name string) (*system.Lease, error) {
	if !strings.HasPrefix(name, system.LeasePrefix) || len(name) > longestName || strings.ContainsRune(name, 0) {
		return nil, ctx.Err()
	}
	var found *system.Lease
	err := s.pool.Do(ctx, s.begin("READ ONLY"), pgconnect.Rollback, func(conn *pgx.Conn) error {
		var r role
		var l system.Lease
		err := conn.QueryRow(ctx, readLease, name, leaseMark).Scan(&r.oid, &l.Open, &l.Expired, &r.until, &l.Sessions)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		r.name, r.login = name, l.Open
		l.Name, l.ExpiresAt, l.Seen = name, endOf(r.until), &r
		found = &l
		return err
	})
	if err != nil {
		return nil, s.leaseFault(ctx, "read a lease", err)
	}
	return found, nil
}

// OpenLease makes a role that can log in until the end of the order.
func (s *System) OpenLease(ctx context.Context, o *system.LeaseOrder) error {
	if s.config.Functions != "" && o.ActAs != "" {
		return s.leaseRefused(fault.ErrConfig, fmt.Sprintf("The system %q gives leases through functions, and PostgreSQL lets no function set act_as.", s.config.Name),
			"Leave act_as out, and let the work begin with SET ROLE "+quoted(o.ActAs)+".", nil)
	}
	verifier, err := scramVerifier(o.Password)
	if err != nil {
		return s.leaseRefused(fault.ErrConfig, "The password of the lease could not be prepared.", "Please report this to the provider's developers.", err)
	}
	err = s.pool.Do(ctx, s.begin("READ WRITE"), pgconnect.Commit, func(conn *pgx.Conn) error {
		end, err := serverEnd(ctx, conn, o.End, time.Time{})
		if err != nil {
			return err
		}
		return execute(ctx, conn, s.opening(o, verifier, end)...)
	})
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errEnded):
		return s.leaseRefused(fault.ErrChanged, fmt.Sprintf("By the clock of the database server %q, the access ends before the lease could begin.", s.config.Name),
			"Make a new plan: it renews what may be renewed. If the access has not ended, compare the clocks.", nil)
	case s.config.Functions != "" && slices.Contains(aboutFunctions, state(err)):
		return s.explainFunctions(ctx, o, err)
	case s.config.Functions == "" && slices.Contains(aboutRoles, state(err)):
		return s.explainRoles(ctx, o, err)
	}
	return s.leaseFault(ctx, openingLease, err)
}

// openingLease is what a message calls it.
const openingLease = "make a lease"

// aboutRoles are the codes with which the server says that roles of an order are not
// there or may not be given.
var aboutRoles = []string{"42704", "42501", "0LP01", "22023"}

// errEnded says that the end of a lease would have passed already.
var errEnded = errors.New("the end has passed")

// serverEnd returns the end of a lease by the clock of the server, in whole seconds, as
// the text of a statement. It is never earlier than the end so far.
func serverEnd(ctx context.Context, conn *pgx.Conn, end system.LeaseEnd, soFar time.Time) (string, error) {
	var now time.Time
	if err := conn.QueryRow(ctx, "SELECT now()").Scan(&now); err != nil {
		return "", err
	}
	at := now.Add(end.TTL)
	if !end.Latest.IsZero() && at.After(end.Latest) {
		at = end.Latest
	}
	if at.Before(soFar) {
		at = soFar
	}
	at = at.UTC().Truncate(time.Second)
	if !at.After(now) {
		return "", errEnded
	}
	return at.Format("2006-01-02 15:04:05+00"), nil
}

// RenewLease moves the end of a lease that has not passed.
func (s *System) RenewLease(ctx context.Context, l *system.Lease, end system.LeaseEnd) error {
	r, err := s.leased(l)
	if err != nil {
		return err
	}
	err = s.pool.Do(ctx, s.begin("READ WRITE"), pgconnect.Commit, func(conn *pgx.Conn) error {
		if l.Expired || !l.Open {
			return errEnded
		}
		at, err := serverEnd(ctx, conn, end, l.ExpiresAt)
		if err != nil {
			return err
		}
		if err := unchanged(ctx, conn, r, system.SetAccountEnd); err != nil {
			return err
		}
		if err := execute(ctx, conn, s.renewing(r, at)); err != nil {
			return err
		}
		return same(ctx, conn, r)
	})
	if errors.Is(err, errEnded) {
		return s.leaseRefused(fault.ErrChanged, fmt.Sprintf("The lease %q has ended, so it is not renewed.", l.Name), "Apply again: another lease is opened then.", nil)
	}
	return s.leaseFault(ctx, "renew a lease", err)
}

// EndLease lets the role log in no longer, and then ends its sessions: in this order,
// in two transactions, so that no session can begin in between.
func (s *System) EndLease(ctx context.Context, l *system.Lease) error {
	r, err := s.leased(l)
	if err != nil {
		return err
	}
	err = s.takeAway(ctx, r, s.stopping(r))
	if err == nil {
		err = s.pool.Do(ctx, s.begin("READ WRITE"), pgconnect.Commit, func(conn *pgx.Conn) error {
			return execute(ctx, conn, s.endingSessions(r)...)
		})
	}
	if errors.Is(err, errChanged) {
		return nil // somebody else has removed it, which reading it back shows
	}
	return s.leaseFault(ctx, "end a lease", err)
}

// RemoveLease drops the role. PostgreSQL refuses it while the role owns something.
func (s *System) RemoveLease(ctx context.Context, l *system.Lease) error {
	r, err := s.leased(l)
	if err != nil {
		return err
	}
	err = s.takeAway(ctx, r, s.removing(r))
	switch {
	case errors.Is(err, errChanged):
		return nil
	case state(err) == "2BP01":
		return s.leaseRefused(fault.ErrConfig,
			fmt.Sprintf("The role %q owns objects in the database server %q, or has privileges on some. It was made for a lease, and can log in no longer.", r.name, s.config.Name),
			fmt.Sprintf("In each database, give the objects to a role that stays, and drop the lease: REASSIGN OWNED BY %[1]s TO <role>; DROP OWNED BY %[1]s; DROP ROLE %[1]s. "+
				"With act_as, what a lease makes belongs to a role that stays.", quoted(r.name)), err)
	}
	return s.leaseFault(ctx, "remove a lease", err)
}

// expiredLeases reads leases whose end has passed, and which the account may remove.
const (
	expiredLeases = `SELECT r.rolname::text FROM pg_roles r
	WHERE starts_with(r.rolname::text, $1) AND r.rolvaliduntil < now() AND starts_with(shobj_description(r.oid, 'pg_authid'), $2)
	AND %s ORDER BY r.rolvaliduntil LIMIT 100`

	removableItself    = `(current_setting('server_version_num')::int < 160000 OR pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION'))`
	removableFunctions = `%s(r.rolname::text)`
)

// ExpiredLeases returns the names of leases whose end has passed.
func (s *System) ExpiredLeases(ctx context.Context) ([]string, error) {
	removable := removableItself
	if s.config.Functions != "" {
		removable = fmt.Sprintf(removableFunctions, quoted(s.config.Functions, functionIsLease))
	}
	var names []string
	err := s.pool.Do(ctx, s.begin("READ ONLY"), pgconnect.Rollback, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, fmt.Sprintf(expiredLeases, removable), system.LeasePrefix, leaseMark)
		if err != nil {
			return err
		}
		names, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		return nil, s.leaseFault(ctx, "list leases", err)
	}
	return names, nil
}

// takeAway executes a statement that takes access away from a role, if the role is still
// the one that was read.
func (s *System) takeAway(ctx context.Context, r *role, by statement) error {
	return s.pool.Do(ctx, s.begin("READ WRITE"), pgconnect.Commit, func(conn *pgx.Conn) error {
		if err := unchanged(ctx, conn, r, system.DisableAccount); err != nil {
			return err
		}
		return execute(ctx, conn, by)
	})
}

// leased returns the role that a lease was read from.
func (s *System) leased(l *system.Lease) (*role, error) {
	r, ok := l.Seen.(*role)
	if !ok {
		return nil, s.leaseRefused(fault.ErrConfig, fmt.Sprintf("%q was not read from the database server %q.", s.shown(l.Name), s.config.Name),
			"Please report this to the provider's developers.", nil)
	}
	return r, nil
}
