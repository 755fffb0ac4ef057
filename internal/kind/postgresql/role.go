package postgresql

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/pgconnect"
)

// role is a role as it was read, and what the account of custody may do with it.
type role struct {
	oid         int64
	name        string
	login       bool
	until       pgtype.Timestamptz
	super       bool
	replication bool
	own         bool // it is the account of custody
	sessions    []string

	me        string // the account of custody
	mySuper   bool
	myCreate  bool // the right CREATEROLE
	admin     bool // the right to administer the role
	terminate bool // the right to end its sessions
	standby   bool // the server is a copy
	version   int  // of the server: 150003 is 15.3

	refusal  string   // why the functions refuse the role
	callable []string // the functions that may be called
}

// readRoles reads roles and their sessions. Everybody may: the catalogue hides only
// passwords, and of sessions only what they do.
const readRoles = `SELECT r.oid::bigint, r.rolname::text, r.rolcanlogin, r.rolvaliduntil, r.rolsuper, r.rolreplication,
	r.oid = me.oid OR r.rolname = session_user,
	ARRAY(SELECT a.pid || ' ' || coalesce(a.datname::text, '') FROM pg_stat_activity a WHERE a.usesysid = r.oid AND a.pid <> pg_backend_pid() ORDER BY a.pid),
	me.rolname::text, me.rolsuper, me.rolcreaterole, pg_has_role(me.oid, r.oid, 'MEMBER WITH ADMIN OPTION'),
	pg_has_role(me.oid, r.oid, 'USAGE') OR pg_has_role(me.oid, 'pg_signal_backend'::name, 'USAGE'),
	pg_is_in_recovery(), current_setting('server_version_num')::int, %s
	FROM pg_roles r JOIN pg_roles me ON me.rolname = current_user
	WHERE r.rolname::text = $1 OR lower(r.rolname::text COLLATE "C") = lower($1::text COLLATE "C")
	OR $2 AND octet_length(r.rolname::text) <> char_length(r.rolname::text)`

// Without functions nothing is known of them. With them, they are asked why they
// refuse the role; $3 is their schema.
const (
	withoutFunctions = `'', '{}'::text[]`
	withFunctions    = `coalesce(%s(r.rolname::text), ''), ARRAY(SELECT p.proname::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
	WHERE n.nspname::text = $3 AND has_function_privilege(p.oid, 'EXECUTE'))`
)

// read returns the roles that a key may name: the one that is written like it, else
// those that differ from it in case.
func (s *System) read(ctx context.Context, key string) ([]*role, error) {
	ascii := !slices.ContainsFunc([]byte(key), func(b byte) bool { return b >= 0x80 })
	text, args := fmt.Sprintf(readRoles, withoutFunctions), []any{key, !ascii}
	if s.config.Functions != "" {
		text = fmt.Sprintf(readRoles, fmt.Sprintf(withFunctions, quoted(s.config.Functions, functionRefusal)))
		args = append(args, s.config.Functions)
	}
	var found []*role
	err := s.pool.Do(ctx, s.begin("READ ONLY"), pgconnect.Rollback, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, text, args...)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, scanRole)
		return err
	})
	if err != nil {
		return nil, err
	}
	if exact := slices.IndexFunc(found, func(r *role) bool { return r.name == key }); exact >= 0 {
		return found[exact : exact+1], nil
	}
	return slices.DeleteFunc(found, func(r *role) bool { return system.Fold(r.name) != system.Fold(key) }), nil
}

func scanRole(row pgx.CollectableRow) (*role, error) {
	var r role
	err := row.Scan(&r.oid, &r.name, &r.login, &r.until, &r.super, &r.replication, &r.own, &r.sessions,
		&r.me, &r.mySuper, &r.myCreate, &r.admin, &r.terminate, &r.standby, &r.version, &r.refusal, &r.callable)
	return &r, err
}
