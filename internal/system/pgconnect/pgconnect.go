// Package pgconnect reads connection strings of PostgreSQL, for everything that
// connects to one.
package pgconnect

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/custodyhq/terraform-provider-custody/internal/system/trust"
)

// Timeout is how long connecting may take, unless the connection string says so.
const Timeout = 10 * time.Second

// maxMessage is the maximum size of one message of the server, such as a row.
const maxMessage = 16 << 20

// Config reads a connection string of either form. Where it leaves sslmode open
// and leads to another machine, or names an authority, the server is verified. The
// error does not contain the text, which may hold a password.
func Config(dsn, caFile string) (*pgx.ConnConfig, error) {
	stated := strings.Contains(dsn, "sslmode") || os.Getenv("PGSSLMODE") != ""
	if caFile != "" {
		dsn = setting(dsn, "sslrootcert", caFile)
	}
	config, err := pgx.ParseConfig(dsn)
	if err == nil && !stated && (caFile != "" || Unverified(config) != "") {
		config, err = pgx.ParseConfig(setting(dsn, "sslmode", "verify-full"))
	}
	if err != nil {
		return nil, errors.New("the text is not a connection string of PostgreSQL, or names a file that cannot be read")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = Timeout
	}
	config.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		f := pgproto3.NewFrontend(r, w)
		f.SetMaxBodyLen(maxMessage)
		return f
	}
	config.RuntimeParams["client_encoding"] = "UTF8"
	return config, nil
}

// Checked reads the connection string of a system in which nothing may be wrong: the
// server is verified, unless it is on this machine or insecure allows it. What is wrong
// is a full sentence, about one of the attributes dsn and ca_file; it is empty if
// nothing is.
func Checked(dsn, caFile string, insecure bool) (config *pgx.ConnConfig, attribute, problem string) {
	const attributeDSN = "dsn"
	if _, problem := trust.Roots(caFile); problem != "" {
		return nil, trust.Attribute, problem
	}
	config, err := Config(dsn, caFile)
	if err != nil {
		return nil, attributeDSN, "It is not a connection string of PostgreSQL, or names a file that cannot be read. " +
			"Write it like postgres://reader@db.example.org/cmdb?sslmode=verify-full or host=db.example.org user=reader dbname=cmdb."
	}
	if host := Unverified(config); host != "" && !insecure {
		return nil, attributeDSN, "Its sslmode does not verify the identity of the server at " + host +
			". Write sslmode=verify-full, with ca_file for a private authority. " + trust.Plaintext
	}
	// It works behind a pooler that gives every transaction another session.
	config.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec
	return config, "", ""
}

// setting adds a setting to a connection string of either form.
func setting(dsn, name, text string) string {
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		mark := "?"
		if strings.Contains(dsn, "?") {
			mark = "&"
		}
		return dsn + mark + name + "=" + url.QueryEscape(text)
	}
	return dsn + " " + name + "='" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}

// Unverified returns the first host on another machine to which the connection
// may be one that does not verify the server; the empty text if there is none.
func Unverified(c *pgx.ConnConfig) string {
	weak := func(host string, t *tls.Config) bool {
		local := strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || Loopback(host)
		return !local && (t == nil || t.InsecureSkipVerify && t.VerifyPeerCertificate == nil && t.VerifyConnection == nil)
	}
	if weak(c.Host, c.TLSConfig) {
		return c.Host
	}
	for _, f := range c.Fallbacks {
		if weak(f.Host, f.TLSConfig) {
			return f.Host
		}
	}
	return ""
}

// Loopback reports whether a host is this machine.
func Loopback(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
