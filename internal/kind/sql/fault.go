package sql

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
	"github.com/custodyhq/terraform-provider-custody/internal/system/redact"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

// problem says what an error of a server means. In its advice, DSN is replaced
// by the attribute with that content.
type problem struct{ what, advice string }

var (
	problemReach = problem{"the database could not be reached",
		"Check DSN and that the database answers from here, then plan again."}
	problemLost = problem{"the connection to the database was lost",
		"Plan again. If it happens again, look at the log of the database."}
	problemLogin = problem{"the database refused the login",
		"Check the user, the password and the database in DSN, then plan again."}
	problemCertificate = problem{"the certificate of the database does not verify; nothing was sent to it",
		"If the certificate comes from a private authority, name that authority's certificate in ca_file, and the server in DSN as the certificate does."}
	problemNoTLS = problem{"the database does not offer TLS, so nothing was sent to it",
		"Turn TLS on at the server. If the network to it is trusted without TLS, set insecure_plaintext = true and turn TLS off in DSN."}
	problemName = problem{"it names something that is not there",
		"Correct the query. If the names are right, check that DSN leads to the right database and schema."}
	problemSyntax = problem{"the database does not understand it",
		"Correct the query: one statement that returns rows, in the SQL dialect of this database."}
	problemRight = problem{"the account lacks a right",
		"Grant the account in DSN the right to read what the query names, and nothing more."}
	problemHidden = problem{"row-level security would hide rows from the account, and a hidden row looks like a missing one",
		"Let the account read all rows: give it BYPASSRLS, or let the query read a view whose owner may see all rows."}
	problemWrites = problem{"it would change something",
		"Write a query that only reads: it is run in a transaction that is read-only."}
	problemTimeout = problem{"it did not end in time",
		"Make the query faster, for instance with an index, or raise timeout in the block of the system; then plan again."}
	problemParameter = problem{"the id that it was asked for does not fit its parameter",
		"Compare as text in the query, for instance WHERE CAST(id AS text) = $1."}
	problemOther = problem{"it failed",
		"Run the query by hand with the same account; when it works, plan again."}
)

func (s *System) fault(t *table.Table, happened, advice string, err error) *fault.Fault {
	return &fault.Fault{
		Kind: fault.ErrUnavailable, Summary: t.Summary, Happened: happened, Advice: advice, Err: err,
	}
}

// plainError returns an error that holds only a text that may be shown. It wraps
// nothing: otherwise the error of a query that timed out would look like that of the
// caller's context.
func (s *System) plainError(q query, err error) error {
	text := redact.Local(err)
	if said, ok := s.server.serverError(err); ok {
		text = said.code + quotedFrom(q.text, said.message)
	}
	if text == "" {
		return nil
	}
	return errors.New(s.shown(text))
}

// shown returns a text of the database in a form that may be shown in a
// message.
func (s *System) shown(text string) string {
	const most = 300
	return s.secrets.Text(text, most)
}

// serverError is the answer of a server to a query that it refuses. The code may
// be shown; the message may repeat a credential.
type serverError struct{ code, message string }

// quotation finds texts between quotation marks.
var quotation = regexp.MustCompile("\"([^\"]+)\"|'([^']+)'|`([^`]+)`|«\\s?([^»]+?)\\s?»|„([^“]+)“")

// quotedFrom returns what a message quotes from a query: the name that is
// wrong, or the text after the position of a syntax error. The user wrote these
// words.
func quotedFrom(query, message string) string {
	var out []string
	for _, m := range quotation.FindAllStringSubmatch(message, -1) {
		word := strings.Join(m[1:], "")
		if strings.Contains(query, word) && !slices.Contains(out, word) {
			out = append(out, word)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return fmt.Sprintf(", about %q", out)
}

// variable returns the name of the environment variable that may hold the DSN.
func (s *System) variable() string { return httpclient.Variable(s.config.Name, attributeDSN) }
