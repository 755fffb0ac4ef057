package postgresql

import (
	"context"
	"errors"
	"fmt"
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
	const doing = "make a lease"
	if s.config.Functions != "" {
		return s.leaseRefused(fault.ErrConfig, fmt.Sprintf("The system %q changes roles through functions, and these give no leases.", s.config.Name),
			"Name a system without functions, whose account has the rights that the page of custody_lease lists.", nil)
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
		roles := make([]string, len(o.Roles))
		for i, r := range o.Roles {
			roles[i] = quoted(r)
		}
		statements := []string{
			"CREATE ROLE " + quoted(o.Name) + " LOGIN PASSWORD '" + verifier + "' VALID UNTIL '" + end + "' IN ROLE " + strings.Join(roles, ", "),
			"COMMENT ON ROLE " + quoted(o.Name) + " IS " + literal(leaseMark+o.For),
		}
		if o.ActAs != "" {
			statements = append(statements, "ALTER ROLE "+quoted(o.Name)+" SET role TO "+literal(o.ActAs))
		}
		for _, statement := range statements {
			if _, err := conn.PgConn().Exec(ctx, statement).ReadAll(); err != nil {
				return err
			}
		}
		return nil
	})
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errEnded):
		return s.leaseRefused(fault.ErrChanged, fmt.Sprintf("By the clock of the database server %q, the access ends before the lease could begin.", s.config.Name),
			"Make a new plan: it renews what may be renewed. If the access has not ended, compare the clocks.", nil)
	case state(err) == "42704" || state(err) == "42501" || state(err) == "0LP01" || state(err) == "22023":
		return s.explainRoles(ctx, o, err)
	}
	return s.leaseFault(ctx, doing, err)
}

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
		if _, err := conn.Exec(ctx, "ALTER ROLE "+quoted(r.name)+" VALID UNTIL '"+at+"'"); err != nil {
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
	err = s.takeAway(ctx, r, "ALTER ROLE "+quoted(r.name)+" NOLOGIN")
	if err == nil {
		err = s.pool.Do(ctx, s.begin("READ WRITE"), pgconnect.Commit, func(conn *pgx.Conn) error {
			if _, err := conn.Exec(ctx, tellSessions, r.oid); err != nil {
				return err
			}
			_, err := conn.Exec(ctx, endSessions, r.oid, s.config.Timeout.Milliseconds())
			return err
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
	err = s.takeAway(ctx, r, "DROP ROLE "+quoted(r.name))
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
const expiredLeases = `SELECT r.rolname::text FROM pg_roles r
	WHERE starts_with(r.rolname::text, $1) AND r.rolvaliduntil < now() AND starts_with(shobj_description(r.oid, 'pg_authid'), $2)
	AND (current_setting('server_version_num')::int < 160000 OR pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION'))
	ORDER BY r.rolvaliduntil LIMIT 100`

// ExpiredLeases returns the names of leases whose end has passed.
func (s *System) ExpiredLeases(ctx context.Context) ([]string, error) {
	var names []string
	err := s.pool.Do(ctx, s.begin("READ ONLY"), pgconnect.Rollback, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, expiredLeases, system.LeasePrefix, leaseMark)
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
func (s *System) takeAway(ctx context.Context, r *role, statement string) error {
	return s.pool.Do(ctx, s.begin("READ WRITE"), pgconnect.Commit, func(conn *pgx.Conn) error {
		if err := unchanged(ctx, conn, r, system.DisableAccount); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, statement)
		return err
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

// literal returns a text as a literal of a statement, whatever the setting of
// standard_conforming_strings is.
func literal(text string) string {
	text = strings.ReplaceAll(text, "\x00", "")
	return "E'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}
