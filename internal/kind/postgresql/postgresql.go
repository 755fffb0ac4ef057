// Package postgresql switches the roles of a PostgreSQL server that can log in: an
// account is a role. It reads catalogues only, and changes of a role whether it can
// log in and until when its password is valid, either itself or through functions
// that an administrator has written.
//
// The kind sql reads tables with an account that can change nothing. This kind logs
// in with another account, which can, and reads no tables.
package postgresql

import (
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
	"github.com/custodyhq/terraform-provider-custody/internal/system/pgconnect"
	"github.com/custodyhq/terraform-provider-custody/internal/system/redact"
)

// Kind is the name of this kind of system in the configuration.
const Kind = "postgresql"

// DefaultTimeout is how long a statement may take unless the configuration says
// otherwise.
const DefaultTimeout = 30 * time.Second

// patience is how many times as long a transaction may take as a statement, until a server
// that ends no statement in time is held to be silent.
const patience = 2

// The attributes that messages name.
const (
	attributeDSN       = "dsn"
	attributeFunctions = "functions"
)

// Config says which server holds the roles.
type Config struct {
	Name   string
	DSN    string // a connection string; it is a secret
	CAFile string // a PEM file of the only authorities to trust; those of the machine if empty
	// InsecurePlaintext allows unprotected remote connections.
	InsecurePlaintext bool
	// Functions is the schema of functions that change roles with the rights of
	// their owner; without it the account changes them with its own.
	Functions string
	Timeout   time.Duration // of one statement; DefaultTimeout if zero
}

// System switches the roles of one server.
type System struct {
	config  Config
	pool    *pgconnect.Pool
	secrets redact.Secrets
}

var _ system.Accounts = (*System)(nil)

// New checks the configuration and returns the system. It connects to nothing: that
// happens when something is first asked for. Its error is a *system.ConfigError.
func New(c Config) (*System, error) {
	var problems []system.Problem
	refuse := func(attribute, message string) {
		problems = append(problems, system.Problem{Attribute: attribute, Message: message})
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Timeout < 0 {
		refuse("timeout", "It must not be negative.")
	}
	if len(c.Functions) > longestName {
		refuse(attributeFunctions, fmt.Sprintf("A schema has a name of at most %d bytes.", longestName))
	}
	var config *pgx.ConnConfig
	if c.DSN == "" {
		refuse(attributeDSN, "It is required: the connection string of PostgreSQL. It may come from the environment instead, as "+
			httpclient.Variable(c.Name, attributeDSN)+".")
	} else {
		var attribute, problem string
		if config, attribute, problem = pgconnect.Checked(c.DSN, c.CAFile, c.InsecurePlaintext); problem != "" {
			refuse(attribute, problem)
		}
	}
	if len(problems) > 0 {
		return nil, &system.ConfigError{System: c.Name, Problems: problems}
	}
	s := &System{config: c, pool: pgconnect.NewPool(config, patience*c.Timeout)}
	s.secrets.Add(config.Password)
	return s, nil
}

// longestName is how many bytes of a name PostgreSQL keeps.
const longestName = 63

// Name returns the name that the configuration gave the system.
func (s *System) Name() string { return s.config.Name }

// Kind returns "postgresql".
func (s *System) Kind() string { return Kind }

// begin returns the statements that begin a transaction. Names are looked up in the
// catalogue only.
func (s *System) begin(mode string) string {
	limit := strconv.FormatInt(max(1, s.config.Timeout.Milliseconds()), 10)
	return "BEGIN " + mode + "; SET LOCAL statement_timeout = " + limit + "; SET LOCAL lock_timeout = " + limit +
		"; SET LOCAL search_path = pg_catalog, pg_temp"
}

// quoted returns a name as an identifier in a statement.
func quoted(names ...string) string { return pgx.Identifier(names).Sanitize() }
