package sql

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/pgconnect"
	"github.com/custodyhq/terraform-provider-custody/internal/system/redact"
	"github.com/custodyhq/terraform-provider-custody/internal/system/trust"
)

// mySQL reads MySQL and MariaDB.
type mySQL struct {
	db      *sql.DB
	config  *mysql.Config
	session string
}

func newMySQL(c Config) (server, []system.Problem) {
	config, err := mysql.ParseDSN(c.DSN)
	if err != nil {
		// The driver's own words may repeat what it was given.
		return nil, oneProblem(attributeDSN, "It is no data source name of MySQL. Write it like reader:password@tcp(db.example.org:3306)/cmdb?tls=true.")
	}
	roots, problem := trust.Roots(c.CAFile)
	if problem != "" {
		return nil, oneProblem(trust.Attribute, problem)
	}
	host, _, err := net.SplitHostPort(config.Addr)
	if err != nil {
		host = config.Addr
	}
	remote := config.Net != "unix" && !pgconnect.Loopback(host)
	verified := config.TLSConfig == "true" || c.CAFile != "" || remote && config.TLSConfig == ""
	if remote && !verified && !c.InsecurePlaintext {
		return nil, oneProblem(attributeDSN, "Its tls does not make sure that the server is the one that is meant. Write tls=true, with ca_file for a private authority. "+plaintext)
	}
	if verified {
		config.TLS = &tls.Config{RootCAs: roots, ServerName: host, MinVersion: tls.VersionTLS12}
		config.AllowFallbackToPlaintext = false
	}
	if config.Timeout == 0 {
		config.Timeout = pgconnect.Timeout
	}
	// What the server sends is taken as text; its moments are in the zone of the
	// session, which is UTC.
	config.ParseTime, config.Loc = false, time.UTC
	config.MultiStatements, config.AllowAllFiles, config.InterpolateParams = false, false, false
	config.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, oneProblem(attributeDSN, "The driver does not accept it.")
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	seconds := milliseconds(c.Timeout) + "/1000"
	// Each of the two servers skips what is in the comments for the other.
	return &mySQL{db: db, config: config, session: "SET SESSION time_zone = '+00:00', sql_select_limit = 18446744073709551615, " +
		"group_concat_max_len = 1048576 /*M!100100 , max_statement_time = " + seconds + " */ /*!50708 , max_execution_time = " + milliseconds(c.Timeout) + " */"}, nil
}

func (m *mySQL) hide(in *redact.Secrets) {
	in.Add(m.config.Passwd)
	in.AddName(m.config.User)
}

func (m *mySQL) said(err error) (said, bool) {
	var refused *mysql.MySQLError
	if !errors.As(err, &refused) {
		return said{}, false
	}
	return said{code: fmt.Sprintf("error %d", refused.Number), message: refused.Message}, true
}

func (m *mySQL) read(ctx context.Context, text string, args []any, to sink) error {
	conn, err := m.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // nothing was changed
	// A read-only transaction alone does not keep MariaDB from DROP TABLE: it ends
	// the transaction first, and then asks the session.
	for _, statement := range []string{m.session, "SET SESSION TRANSACTION READ ONLY"} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return readRows(ctx, conn, sql.LevelRepeatableRead, text, args, to)
}

func (m *mySQL) explain(err error) trouble {
	var refused *mysql.MySQLError
	var unknown x509.UnknownAuthorityError
	var certificate *tls.CertificateVerificationError
	var dialling *net.OpError
	switch {
	case errors.As(err, &refused):
	case errors.As(err, &certificate), errors.As(err, &unknown):
		return troubleCertificate
	case errors.Is(err, mysql.ErrNoTLS):
		return troubleNoTLS
	case errors.Is(err, mysql.ErrInvalidConn), errors.Is(err, io.ErrUnexpectedEOF):
		return troubleLost
	case errors.As(err, &dialling):
		return troubleReach
	default:
		return troubleOther
	}
	switch refused.Number {
	case 1044, 1045, 1049, 1698:
		return troubleLogin
	case 1142, 1143, 1227, 1370:
		return troubleRight
	case 1146, 1054, 1109, 1305, 1046:
		return troubleName
	case 1064:
		return troubleSyntax
	case 1792, 1290:
		return troubleWrites
	case 1969, 3024, 1205:
		return troubleTimeout
	case 1053, 1317, 1927:
		return troubleLost
	case 1040:
		return troubleReach
	}
	return troubleOther
}
