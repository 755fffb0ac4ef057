package postgresql

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/pgconnect"
)

// The functions in the schema that the configuration names.
const (
	functionRefusal  = "refusal"
	functionLogin    = "set_login"
	functionEnd      = "set_end"
	functionSessions = "end_sessions"
)

// mostSessions is how many sessions of a role are listed.
const mostSessions = 50

// AccountActs lists what can be done with roles.
func (s *System) AccountActs() []system.AccountAct {
	return []system.AccountAct{system.EnableAccount, system.DisableAccount, system.SetAccountEnd, system.EndSessions}
}

// Account returns the role that has the subject for a name. The role that is written
// like the subject goes ahead of those that differ from it in case.
func (s *System) Account(ctx context.Context, subject string) (*system.Account, error) {
	key, ok := system.UsableKey(subject)
	if !ok || len(key) > longestName {
		return nil, ctx.Err()
	}
	found, err := s.read(ctx, key)
	switch {
	case err != nil:
		return nil, s.readFault(ctx, err)
	case len(found) == 0:
		return nil, nil
	case len(found) > 1:
		return nil, &fault.Fault{
			Kind: fault.ErrConfig, Summary: summaryRead,
			Happened: fmt.Sprintf("The database server %q holds %d roles that %q names, %q and %q among them.",
				s.config.Name, len(found), subject, s.shown(found[0].name), s.shown(found[1].name)),
			Advice: "Write the name of the role exactly as the server does.",
		}
	}
	r := found[0]
	a := &system.Account{ID: strconv.FormatInt(r.oid, 10), Name: system.Clean(r.name), Enabled: r.login, Issued: s.issued(r), Refusals: s.refusals(r), Seen: r}
	a.ExpiresAt = endOf(r.until)
	return a, nil
}

// issued lists the sessions of a role.
func (s *System) issued(r *role) []string {
	var out []string
	for i, session := range r.sessions {
		if i == mostSessions {
			return append(out, fmt.Sprintf("%d more sessions", len(r.sessions)-i))
		}
		pid, database, _ := strings.Cut(session, " ")
		text := "session " + pid
		if database != "" {
			text += fmt.Sprintf(" in the database %q", s.shown(database))
		}
		out = append(out, text)
	}
	return out
}

// The years between which an end can be written.
var (
	firstEnd = time.Date(1, time.January, 1, 0, 0, 1, 0, time.UTC)
	lastEnd  = time.Date(9999, time.December, 31, 23, 59, 59, 0, time.UTC)
)

// endOf returns the end of a role in whole seconds; zero if it has none.
func endOf(t pgtype.Timestamptz) time.Time {
	switch {
	case !t.Valid || t.InfinityModifier == pgtype.Infinity:
		return time.Time{}
	case t.InfinityModifier == pgtype.NegativeInfinity || t.Time.Before(firstEnd):
		return firstEnd
	case t.Time.After(lastEnd):
		return lastEnd
	}
	return t.Time.UTC().Truncate(time.Second)
}

// SetEnabled lets the role log in, or no longer.
func (s *System) SetEnabled(ctx context.Context, a *system.Account, enabled bool) error {
	act, option := system.DisableAccount, "NOLOGIN"
	if enabled {
		act, option = system.EnableAccount, "LOGIN"
	}
	return s.change(ctx, a, act, func(r *role) (string, []any) {
		if s.config.Functions != "" {
			return "SELECT " + quoted(s.config.Functions, functionLogin) + "($1::text, $2::boolean)", []any{r.name, enabled}
		}
		return "ALTER ROLE " + quoted(r.name) + " " + option, nil
	})
}

// SetEnd sets until when the password of the role is valid.
func (s *System) SetEnd(ctx context.Context, a *system.Account, end time.Time) error {
	text := "infinity"
	if !end.IsZero() {
		text = end.UTC().Format("2006-01-02 15:04:05+00")
	}
	return s.change(ctx, a, system.SetAccountEnd, func(r *role) (string, []any) {
		if s.config.Functions != "" {
			return "SELECT " + quoted(s.config.Functions, functionEnd) + "($1::text, $2::text::timestamptz)", []any{r.name, text}
		}
		return "ALTER ROLE " + quoted(r.name) + " VALID UNTIL '" + text + "'", nil
	})
}

// endSessions ends the sessions of the role $1 and waits for each to end. They are
// all told first, so that the last does not wait for the first.
const (
	tellSessions = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usesysid = $1::bigint::oid AND pid <> pg_backend_pid()"
	endSessions  = "SELECT count(pg_terminate_backend(pid, $2::bigint)) FROM pg_stat_activity WHERE usesysid = $1::bigint::oid AND pid <> pg_backend_pid()"
)

// EndSessions ends the sessions of the role and waits until they have ended.
func (s *System) EndSessions(ctx context.Context, a *system.Account) error {
	if _, err := s.asRead(a, system.EndSessions); err != nil {
		return err
	}
	wait := s.config.Timeout.Milliseconds()
	if s.config.Functions != "" {
		return s.change(ctx, a, system.EndSessions, func(r *role) (string, []any) {
			return "SELECT " + quoted(s.config.Functions, functionSessions) + "($1::text, $2::bigint)", []any{r.name, wait}
		})
	}
	return s.change(ctx, a, system.EndSessions, func(r *role) (string, []any) { return tellSessions, []any{r.oid} },
		func(r *role) (string, []any) { return endSessions, []any{r.oid, wait} })
}

// asRead returns the role that an account was read from, unless the act is refused.
func (s *System) asRead(a *system.Account, act system.AccountAct) (*role, error) {
	if err := a.Refusals[act]; err != nil {
		return nil, err
	}
	r, ok := a.Seen.(*role)
	if !ok {
		return nil, s.refused(fault.ErrConfig, fmt.Sprintf("%q was not read from the database server %q.", s.shown(a.Name), s.config.Name),
			"Please report this to the provider's developers.", nil)
	}
	return r, nil
}

// errChanged says that a role is no longer as it was read.
var errChanged = errors.New("the role has changed")

// change does statements in one transaction. PostgreSQL has no change with a
// condition, so the role is compared before and after: once it is changed, the row is
// locked, and no other role can have its name until the transaction has ended.
func (s *System) change(ctx context.Context, a *system.Account, act system.AccountAct, statements ...func(*role) (string, []any)) error {
	r, err := s.asRead(a, act)
	if err != nil {
		return err
	}
	err = s.pool.Do(ctx, s.begin("READ WRITE"), pgconnect.Commit, func(conn *pgx.Conn) error {
		if err := unchanged(ctx, conn, r, act); err != nil {
			return err
		}
		for _, statement := range statements {
			text, args := statement(r)
			if _, err := conn.Exec(ctx, text, args...); err != nil {
				return err
			}
		}
		return same(ctx, conn, r)
	})
	if err != nil {
		return s.changeFault(ctx, act, r, err)
	}
	return nil
}

// unchanged fails if the role is no longer as it was read. To take access away, it is
// enough that it is the same role.
func unchanged(ctx context.Context, conn *pgx.Conn, r *role, act system.AccountAct) error {
	var oid int64
	var login bool
	var until pgtype.Timestamptz
	err := conn.QueryRow(ctx, "SELECT oid::bigint, rolcanlogin, rolvaliduntil FROM pg_roles WHERE rolname::text = $1", r.name).Scan(&oid, &login, &until)
	if errors.Is(err, pgx.ErrNoRows) {
		return errChanged
	}
	if err != nil {
		return err
	}
	takes := act == system.DisableAccount || act == system.EndSessions
	if oid != r.oid || !takes && (login != r.login || until.Valid != r.until.Valid || until.InfinityModifier != r.until.InfinityModifier || !until.Time.Equal(r.until.Time)) {
		return errChanged
	}
	return nil
}

// same fails if the name belongs to another role than the one that was read.
func same(ctx context.Context, conn *pgx.Conn, r *role) error {
	var is bool
	err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname::text = $1 AND oid = $2::bigint::oid)", r.name, r.oid).Scan(&is)
	if err == nil && !is {
		return errChanged
	}
	return err
}
