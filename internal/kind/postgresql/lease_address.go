package postgresql

import (
	"crypto/tls"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// LeaseAddress says where a lease can be used: at the first server of the connection
// string, as well protected as custody's own connection.
func (s *System) LeaseAddress(name, password string) system.LeaseAddress {
	c := s.pool.Config()
	a := system.LeaseAddress{Host: c.Host, Port: int(c.Port), Database: c.Database}
	if a.Database == "" {
		a.Database = c.User
	}
	settings := url.Values{"sslmode": {sslMode(c)}}
	u := url.URL{Scheme: "postgres", User: url.UserPassword(name, password), Path: "/" + a.Database}
	if strings.HasPrefix(a.Host, "/") || strings.HasPrefix(a.Host, "@") {
		settings.Set("host", a.Host)
		settings.Set("port", strconv.Itoa(a.Port))
	} else {
		u.Host = net.JoinHostPort(strings.Trim(a.Host, "[]"), strconv.Itoa(a.Port))
	}
	if s.config.CAFile != "" {
		settings.Set("sslrootcert", s.config.CAFile)
	}
	u.RawQuery = settings.Encode()
	a.URL = u.String()
	return a
}

// sslMode returns the setting that leads to such a connection.
func sslMode(c *pgx.ConnConfig) string {
	falls := func(tlsToo bool) bool {
		for _, f := range c.Fallbacks {
			if f.Host == c.Host && f.Port == c.Port && (f.TLSConfig != nil) == tlsToo {
				return true
			}
		}
		return false
	}
	own := func(t *tls.Config) bool { return t.VerifyPeerCertificate != nil || t.VerifyConnection != nil }
	switch t := c.TLSConfig; {
	case strings.HasPrefix(c.Host, "/") || strings.HasPrefix(c.Host, "@"):
		return "disable" // no TLS over a socket of this machine
	case t == nil && falls(true):
		return "allow"
	case t == nil:
		return "disable"
	case !t.InsecureSkipVerify:
		return "verify-full"
	case own(t):
		return "verify-ca"
	case falls(false):
		return "prefer"
	}
	return "require"
}
