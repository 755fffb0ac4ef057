package sql

import (
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// refusing are servers that end every connection with an error that says what
// they are told to say.
var refusing = map[string]struct {
	serve func(c net.Conn, said string)
	dsn   func(address, password string) string
}{
	driverPostgreSQL: {
		func(c net.Conn, said string) {
			b := pgproto3.NewBackend(c, c)
			if _, err := b.ReceiveStartupMessage(); err != nil {
				return
			}
			b.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: "28P01", Message: said, Detail: said, Hint: said})
			_ = b.Flush()
		},
		func(address, password string) string {
			return "postgres://reader:" + url.QueryEscape(password) + "@" + address + "/x?sslmode=disable"
		},
	},
	driverMySQL: {
		func(c net.Conn, said string) {
			body := "\xff\x15\x04#28000" + said
			_, _ = io.WriteString(c, string([]byte{byte(len(body)), byte(len(body) >> 8), 0, 0})+body)
		},
		func(address, password string) string {
			config := mysql.NewConfig()
			config.User, config.Passwd, config.Net, config.Addr, config.DBName = "reader", password, "tcp", address, "x"
			return config.FormatDSN()
		},
	},
}

func TestThePasswordStaysSecret(t *testing.T) {
	const secret = "Canary-7f3a/of+a=<&Token>"
	forms := systemtest.Encodings(secret)
	maps.Copy(forms, systemtest.UnknownEncodings(secret))
	for driver, server := range refusing {
		for name, form := range forms {
			address := systemtest.ServeTCP(t, func(c net.Conn) {
				defer c.Close() //nolint:errcheck // a test
				server.serve(c, "no access for "+form)
			})
			s := mustNew(t, Config{Name: "db", Driver: driver, DSN: server.dsn(address, secret), Assets: "SELECT id, state, owner FROM assets"})
			f := complaint(t, s)
			text := f.Error() + f.Detail()
			systemtest.WantHidden(t, driver+": "+name, text, secret)
			if strings.Contains(text, form) || !strings.Contains(f.Happened, problemLogin.what) {
				t.Errorf("%s: %s: %s", driver, name, text)
			}
		}
	}
}

// Of a server's own words only those are shown that the user wrote.
func TestWhatAServerQuotesOfTheQuery(t *testing.T) {
	const query = `SELECT hostnme AS id, "Owner" FROM assets WHERE a = 'x'`
	for message, want := range map[string]string{
		`column "hostnme" does not exist`:            `, about ["hostnme"]`,
		`syntax error at or near "FORM"`:             "",
		`Spalte »x« gibt es nicht`:                   "",
		`Spalte „hostnme“ gibt es nicht`:             `, about ["hostnme"]`,
		`la colonne « hostnme » n'existe pas`:        `, about ["hostnme"]`,
		`Unknown column 'hostnme' in 'SELECT'`:       `, about ["hostnme" "SELECT"]`,
		`near 'assets WHERE a' at "token" 'assets'`:  `, about ["assets WHERE a" "assets"]`,
		`permission denied for "Canary-7f3a/of+a=<"`: "",
	} {
		if got := quotedFrom(query, message); got != want {
			t.Errorf("%s: got %s, want %s", message, got, want)
		}
	}
	if got := fmt.Sprint(quotedFrom("", `"x"`)); got != "" {
		t.Error(got)
	}
}
