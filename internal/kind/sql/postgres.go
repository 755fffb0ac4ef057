package sql

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/pgconnect"
	"github.com/custodyhq/terraform-provider-custody/internal/system/redact"
)

// postgres reads PostgreSQL.
type postgres struct {
	config *pgx.ConnConfig
	begin  string
	pool   *pgconnect.Pool
}

func newPostgres(c Config) (server, []system.Problem) {
	config, attribute, problem := pgconnect.Checked(c.DSN, c.CAFile, c.InsecurePlaintext)
	if problem != "" {
		return nil, oneProblem(attribute, problem)
	}
	limit := milliseconds(c.Timeout)
	return &postgres{
		config: config,
		begin: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = " + limit +
			"; SET LOCAL lock_timeout = " + limit + "; SET LOCAL row_security = off; SET LOCAL datestyle = 'ISO'; SET LOCAL timezone = 'UTC'",
		pool: pgconnect.NewPool(config, c.Timeout+grace),
	}, nil
}

func (p *postgres) hide(in *redact.Secrets) {
	in.Add(p.config.Password)
	in.AddName(p.config.User)
}

func (p *postgres) serverError(err error) (serverError, bool) {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || !sqlState.MatchString(refused.Code) {
		return serverError{}, false
	}
	return serverError{code: "SQLSTATE " + refused.Code, message: refused.Message}, true
}

var sqlState = regexp.MustCompile(`^[0-9A-Z]{5}$`)

func (p *postgres) read(ctx context.Context, text string, args []any, to sink) error {
	return p.pool.Do(ctx, p.begin, pgconnect.Rollback, func(conn *pgx.Conn) error { return readPostgres(ctx, conn, text, args, to) })
}

func readPostgres(ctx context.Context, conn *pgx.Conn, text string, args []any, to sink) error {
	// All values as texts: PostgreSQL writes its types better than anything here
	// could write them again.
	args = append([]any{pgx.QueryResultFormats{pgx.TextFormatCode}}, args...)
	rows, err := conn.Query(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var values []value
	for rows.Next() {
		if values == nil {
			values = make([]value, len(rows.FieldDescriptions()))
			if err := to.columns(names(rows)); err != nil {
				return err
			}
		}
		for i, raw := range rows.RawValues() {
			values[i] = pgValue(conn.TypeMap(), rows.FieldDescriptions()[i].DataTypeOID, raw)
		}
		if err := to.row(values); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil || values != nil {
		return err
	}
	// What columns there are is known only once an answer has begun.
	return to.columns(names(rows))
}

func names(rows pgx.Rows) []string {
	var out []string
	for _, f := range rows.FieldDescriptions() {
		out = append(out, f.Name)
	}
	return out
}

func pgValue(types *pgtype.Map, oid uint32, raw []byte) value {
	if raw == nil {
		return value{}
	}
	text := string(raw)
	known, ok := types.TypeForOID(oid)
	switch {
	case oid == pgtype.BoolOID:
		return value{text: map[string]string{"t": "true", "f": "false"}[text]}
	case oid == pgtype.ByteaOID:
		return value{unfit: "bytes; convert them to text in the query"}
	case oid == pgtype.JSONOID || oid == pgtype.JSONBOID:
		return value{text: text, json: true}
	case ok && isArray(known), !ok && strings.HasPrefix(text, "{") && strings.HasSuffix(text, "}"):
		// An array of texts is written as arrays of anything are.
		var list []*string
		if err := types.Scan(pgtype.TextArrayOID, pgtype.TextFormatCode, raw, &list); err != nil {
			return value{unfit: "an array that is not one of texts"}
		}
		out := value{isList: true}
		for _, part := range list {
			if part != nil {
				out.list = append(out.list, *part)
			}
		}
		return out
	}
	return value{text: text}
}

func isArray(t *pgtype.Type) bool {
	_, ok := t.Codec.(*pgtype.ArrayCodec)
	return ok
}

func (p *postgres) explain(err error) problem {
	var refused *pgconn.PgError
	var unknown x509.UnknownAuthorityError
	var certificate *tls.CertificateVerificationError
	var connecting *pgconn.ConnectError
	switch {
	case errors.As(err, &refused):
		return pgTrouble(refused)
	case errors.As(err, &certificate), errors.As(err, &unknown):
		return problemCertificate
	case strings.Contains(err.Error(), "server refused TLS"):
		return problemNoTLS
	case errors.As(err, &connecting):
		return problemReach
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return problemLost
	}
	return problemOther
}

// pgTrouble reads the SQLSTATE of an error.
func pgTrouble(err *pgconn.PgError) problem {
	switch err.Code {
	case "57P01", "57P02":
		return problemLost
	case "57014", "55P03", "25P03":
		return problemTimeout
	case "25006":
		return problemWrites
	case "22P02", "42883", "22003":
		return problemParameter
	case "3D000":
		return problemLogin
	case "42501":
		if strings.Contains(err.Message, "row-level security") {
			return problemHidden
		}
		return problemRight
	case "42P01", "42703", "3F000", "42P10":
		return problemName
	}
	switch err.Code[:min(2, len(err.Code))] {
	case "28":
		return problemLogin
	case "42":
		return problemSyntax
	case "08", "57", "53":
		return problemReach
	}
	return problemOther
}
