package postgresql

import (
	"fmt"
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

const (
	// adminByRole is the first version in which CREATEROLE reaches only the roles that
	// the account may administer.
	adminByRole = 160000
	// waits is the first version in which a session can be waited for.
	waits = 140000
)

// changes are the acts that change the role itself.
var changes = []system.AccountAct{system.EnableAccount, system.DisableAccount, system.SetAccountEnd}

// refusals returns why acts cannot be done with a role.
func (s *System) refusals(r *role) map[system.AccountAct]error {
	out := make(map[system.AccountAct]error)
	refuse := func(acts []system.AccountAct, err error) {
		for _, act := range acts {
			if out[act] == nil {
				out[act] = err
			}
		}
	}
	if r.standby {
		refuse(s.AccountActs(), s.refused(fault.ErrConfig, fmt.Sprintf("The database server %q is a standby, which takes no changes.", s.config.Name),
			"Let dsn lead to the primary server, for instance with target_session_attrs=primary.", nil))
	}
	if r.own {
		refuse([]system.AccountAct{system.DisableAccount, system.SetAccountEnd, system.EndSessions}, s.refused(fault.ErrConfig,
			fmt.Sprintf("%q is the role with which custody itself logs in to the database server %q.", s.shown(r.name), s.config.Name),
			"Leave it out: switched off, it could not be switched on again from here.", nil))
	}
	if r.version < waits {
		refuse([]system.AccountAct{system.EndSessions}, s.refused(fault.ErrConfig,
			fmt.Sprintf("The database server %q is older than PostgreSQL 14, in which the end of a session cannot be waited for.", s.config.Name),
			"Leave end_sessions out, or upgrade the server.", nil))
	}
	if s.config.Functions != "" {
		s.refuseByFunctions(r, refuse)
		return out
	}
	if r.mySuper {
		return out
	}
	if r.super {
		refuse(s.AccountActs(), s.denied(r, "only a superuser may switch a superuser",
			"Take the right from the role if it does not need it: ALTER ROLE "+quoted(r.name)+" NOSUPERUSER; otherwise leave it out. custody must not be a superuser."))
	}
	if r.replication && r.version < adminByRole {
		refuse(changes, s.denied(r, "before PostgreSQL 16 only a superuser may change a role with REPLICATION",
			"Take the right from the role if it does not need it: ALTER ROLE "+quoted(r.name)+" NOREPLICATION; otherwise leave it out."))
	}
	if missing := r.missingToChange(); len(missing) > 0 {
		refuse(changes, s.lacks(r, missing))
	}
	if !r.terminate {
		refuse([]system.AccountAct{system.EndSessions}, s.lacks(r, r.toEnd()))
	}
	return out
}

// right is a right that the account of custody lacks, and the statement that gives
// exactly it.
type right struct{ name, statement string }

// missingToChange lists the rights that are missing to change a role.
func (r *role) missingToChange() []right {
	var out []right
	if !r.myCreate {
		out = append(out, right{"CREATEROLE", "ALTER ROLE " + quoted(r.me) + " CREATEROLE"})
	}
	if r.version >= adminByRole && !r.admin {
		out = append(out, right{"the ADMIN option on the role", "GRANT " + quoted(r.name) + " TO " + quoted(r.me) + " WITH ADMIN TRUE, INHERIT FALSE, SET FALSE"})
	}
	return out
}

// toEnd lists the rights with which sessions of a role can be ended.
func (r *role) toEnd() []right {
	statement := "GRANT pg_signal_backend TO " + quoted(r.me)
	if r.version >= adminByRole {
		statement += " WITH INHERIT TRUE, SET FALSE"
	}
	return []right{{"pg_signal_backend", statement}}
}

// toDo lists all rights with which an act can be done.
func (r *role) toDo(act system.AccountAct) []right {
	if act == system.EndSessions {
		return r.toEnd()
	}
	bare := *r
	bare.myCreate, bare.admin = false, false
	return bare.missingToChange()
}

func (s *System) lacks(r *role, missing []right) error {
	names, statements := make([]string, len(missing)), make([]string, len(missing))
	for i, m := range missing {
		names[i], statements[i] = m.name, m.statement
	}
	return s.denied(r, fmt.Sprintf("%q lacks %s", s.shown(r.me), strings.Join(names, " and ")), giveExactly(statements))
}

func giveExactly(statements []string) string {
	return "Give exactly this right, as a superuser: " + strings.Join(statements, "; ")
}

// refuseByFunctions refuses what the functions refuse, or what may not be called.
func (s *System) refuseByFunctions(r *role, refuse func([]system.AccountAct, error)) {
	if r.refusal != "" {
		refuse(s.AccountActs(), s.denied(r, fmt.Sprintf("the functions in the schema %q refuse the role: %s", s.config.Functions, s.shown(r.refusal)),
			"Let the functions allow the role, or leave it out."))
	}
	for function, acts := range map[string][]system.AccountAct{
		functionLogin: {system.EnableAccount, system.DisableAccount}, functionEnd: {system.SetAccountEnd}, functionSessions: {system.EndSessions},
	} {
		if !slices.Contains(r.callable, function) {
			refuse(acts, s.denied(r, fmt.Sprintf("%q lacks EXECUTE on the function %s.%s, or the function is not there", s.shown(r.me), s.config.Functions, function), s.giveFunctions(r.me)))
		}
	}
}

// giveFunctions says how the functions come to be there and to be called.
func (s *System) giveFunctions(me string) string {
	return s.give([]string{functionRefusal, functionLogin, functionEnd, functionSessions}, me)
}

// give says how functions come to be there and to be called by an account.
func (s *System) give(functions []string, me string) string {
	if me == "" {
		me = "the account in dsn"
	} else {
		me = quoted(me)
	}
	names := make([]string, len(functions))
	for i, f := range functions {
		names[i] = quoted(s.config.Functions, f)
	}
	return fmt.Sprintf("Make the functions as the page of the kind postgresql shows, and give exactly this right: GRANT USAGE ON SCHEMA %s TO %s; GRANT EXECUTE ON FUNCTION %s TO %s",
		quoted(s.config.Functions), me, strings.Join(names, ", "), me)
}

// denied says which right is missing, and how to give it.
func (s *System) denied(r *role, why, advice string) error {
	return s.refused(fault.ErrDenied, fmt.Sprintf("In the database server %q the role %q cannot be switched: %s.", s.config.Name, s.shown(r.name), why), advice, nil)
}
