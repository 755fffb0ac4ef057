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
		// The driver's error may repeat the DSN.
		return nil, oneProblem(attributeDSN, "It is not a data source name of MySQL. Write it like reader:password@tcp(db.example.org:3306)/cmdb?tls=true.")
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
		return nil, oneProblem(attributeDSN, "Its tls setting does not verify the identity of the server. Write tls=true, with ca_file for a private authority. "+trust.Plaintext)
	}
	if verified {
		config.TLS = &tls.Config{RootCAs: roots, ServerName: host, MinVersion: tls.VersionTLS12}
		config.AllowFallbackToPlaintext = false
	}
	if config.Timeout == 0 {
		config.Timeout = pgconnect.Timeout
	}
	// Values are read as text; instants are in the zone of the session, which is
	// UTC.
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
	// Each of the two servers ignores the comments for the other.
	return &mySQL{db: db, config: config, session: "SET SESSION time_zone = '+00:00', sql_select_limit = 18446744073709551615, " +
		"group_concat_max_len = 1048576 /*M!100100 , max_statement_time = " + seconds + " */ /*!50708 , max_execution_time = " + milliseconds(c.Timeout) + " */"}, nil
}

func (m *mySQL) hide(in *redact.Secrets) {
	in.Add(m.config.Passwd)
	in.AddName(m.config.User)
}

func (m *mySQL) serverError(err error) (serverError, bool) {
	var refused *mysql.MySQLError
	if !errors.As(err, &refused) {
		return serverError{}, false
	}
	return serverError{code: fmt.Sprintf("error %d", refused.Number), message: refused.Message}, true
}

func (m *mySQL) read(ctx context.Context, text string, args []any, to sink) error {
	conn, err := m.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // nothing was changed
	// A read-only transaction alone does not prevent DROP TABLE in MariaDB: it ends
	// the transaction first, and then checks the session.
	for _, statement := range []string{m.session, "SET SESSION TRANSACTION READ ONLY"} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return readRows(ctx, conn, sql.LevelRepeatableRead, text, args, to)
}

func (m *mySQL) explain(err error) problem {
	var refused *mysql.MySQLError
	var unknown x509.UnknownAuthorityError
	var certificate *tls.CertificateVerificationError
	var dialling *net.OpError
	switch {
	case errors.As(err, &refused):
	case errors.As(err, &certificate), errors.As(err, &unknown):
		return problemCertificate
	case errors.Is(err, mysql.ErrNoTLS):
		return problemNoTLS
	case errors.Is(err, mysql.ErrInvalidConn), errors.Is(err, io.ErrUnexpectedEOF):
		return problemLost
	case errors.As(err, &dialling):
		return problemReach
	default:
		return problemOther
	}
	switch refused.Number {
	case 1044, 1045, 1049, 1698:
		return problemLogin
	case 1142, 1143, 1227, 1370:
		return problemRight
	case 1146, 1054, 1109, 1305, 1046:
		return problemName
	case 1064:
		return problemSyntax
	case 1792, 1290:
		return problemWrites
	case 1969, 3024, 1205:
		return problemTimeout
	case 1053, 1317, 1927:
		return problemLost
	case 1040:
		return problemReach
	}
	return problemOther
}
