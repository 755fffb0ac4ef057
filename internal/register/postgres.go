package register

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/custodyhq/terraform-provider-custody/internal/system/pgconnect"
)

// postgres is a register in a database of PostgreSQL.
type postgres struct {
	config *pgx.ConnConfig
	wait   string // for a lock, in milliseconds
}

func newPostgres(c Config) (engine, error) {
	config, err := pgconnect.Config(c.Location, "")
	if err != nil {
		return nil, refuse("The location of the register is not a connection string of PostgreSQL, or names a file that cannot be read.")
	}
	if host := pgconnect.Unverified(config); host != "" {
		return nil, refuse("The sslmode of the register does not make sure that the server at " + host +
			" is the one that is meant. Use sslmode=verify-full, with sslrootcert for a private authority.")
	}
	// It works behind a pooler that gives every transaction another session.
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	return &postgres{config: config, wait: strconv.FormatInt(c.Timeout.Milliseconds(), 10)}, nil
}

func (p *postgres) open() (database, error) {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 30))
	if err != nil {
		return database{}, err
	}
	// Two pools: all connections of the first may wait for the transaction that
	// reads through the second.
	write, read := stdlib.OpenDB(*p.config), stdlib.OpenDB(*p.config)
	write.SetMaxOpenConns(connections)
	read.SetMaxOpenConns(connections)
	return database{
		write: write, read: read, dialect: goose.DialectPostgres, mark: "$", begin: "SET LOCAL lock_timeout = " + p.wait,
		options: []goose.ProviderOption{goose.WithSessionLocker(locker)},
	}, nil
}

func (p *postgres) explain(err error) problem {
	var refused *pgconn.PgError
	var authority x509.UnknownAuthorityError
	var certificate *tls.CertificateVerificationError
	var network net.Error
	var connecting *pgconn.ConnectError
	switch {
	case errors.As(err, &refused):
		return pgProblem(refused.Code)
	case errors.As(err, &certificate), errors.As(err, &authority):
		return problemCertificate
	case errors.As(err, &connecting):
		return problemReach
	case errors.Is(err, context.DeadlineExceeded):
		return problemTimeout
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, driver.ErrBadConn), errors.As(err, &network),
		strings.Contains(err.Error(), "conn closed"):
		return problemLost
	}
	return problemOther
}

// pgProblem reads a SQLSTATE.
func pgProblem(code string) problem {
	switch code {
	case "55P03", "40P01":
		return problemLocked
	case "57014":
		return problemTimeout
	case "57P01", "57P02":
		return problemLost
	case "42501":
		return problemRight
	case "25006":
		return problemReplica
	case "42P01", "3F000":
		return problemTables
	case "23505":
		return problemContradiction
	case "3D000":
		return problemLogin
	case "53100":
		return problemDisk
	}
	switch code[:min(2, len(code))] {
	case "28":
		return problemLogin
	case "08", "53", "57":
		return problemReach
	}
	return problemOther
}

func (p *postgres) code(err error) string {
	var refused *pgconn.PgError
	if errors.As(err, &refused) && sqlState.MatchString(refused.Code) {
		return "SQLSTATE " + refused.Code
	}
	return ""
}

var sqlState = regexp.MustCompile(`^[0-9A-Z]{5}$`)
