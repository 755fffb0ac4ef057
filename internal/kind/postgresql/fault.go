package postgresql

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
	"github.com/custodyhq/terraform-provider-custody/internal/system/redact"
)

const (
	summaryRead   = "Unable to Read Account"
	summarySwitch = "Unable to Switch Account"
)

// shown returns a text of the server in a form that may be shown in a message.
func (s *System) shown(text string) string {
	const most = 300
	return s.secrets.Text(text, most)
}

func (s *System) refused(kind error, happened, advice string, err error) error {
	f := &fault.Fault{Kind: kind, Summary: summarySwitch, Happened: happened, Advice: advice}
	if text := spoken(err); text != "" {
		f.Err = errors.New(s.shown(text))
	}
	return f
}

// spoken returns the parts of an error that come from this machine, and the code of
// the server. The server's own text may repeat a credential.
func spoken(err error) string {
	if err == nil {
		return ""
	}
	if code := state(err); code != "" {
		return "SQLSTATE " + code
	}
	return redact.Local(err)
}

var sqlState = regexp.MustCompile(`^[0-9A-Z]{5}$`)

// state returns the SQLSTATE of an error of the server.
func state(err error) string {
	var refused *pgconn.PgError
	if errors.As(err, &refused) && sqlState.MatchString(refused.Code) {
		return refused.Code
	}
	return ""
}

// readFault says why roles could not be read.
func (s *System) readFault(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	happened, advice := s.reached(err)
	switch code := state(err); {
	case happened != "":
	case s.config.Functions != "" && (code == "42883" || code == "3F000" || code == "42501"):
		happened, advice = fmt.Sprintf("The functions in the schema %q of the database server %q are not there or may not be called.", s.config.Functions, s.config.Name), s.giveFunctions("")
	case code == "42501":
		happened, advice = fmt.Sprintf("The database server %q does not let the account read pg_roles and pg_stat_activity.", s.config.Name),
			"Give it back what everybody has by default: GRANT SELECT ON pg_catalog.pg_roles, pg_catalog.pg_stat_activity TO PUBLIC"
	default:
		happened, advice = fmt.Sprintf("The database server %q did not answer which roles it holds.", s.config.Name), "Look at the log of the database server, then plan again."
	}
	f := &fault.Fault{Kind: fault.ErrUnavailable, Summary: summaryRead, Happened: happened, Advice: advice}
	if text := spoken(err); text != "" {
		f.Err = errors.New(s.shown(text))
	}
	return f
}

// reached says why the server could not be asked at all; it is empty if it was.
func (s *System) reached(err error) (happened, advice string) {
	about := fmt.Sprintf("The database server %q", s.config.Name)
	where := "dsn (" + httpclient.Variable(s.config.Name, attributeDSN) + ")"
	var unknown x509.UnknownAuthorityError
	var certificate *tls.CertificateVerificationError
	var connecting *pgconn.ConnectError
	code := state(err)
	switch {
	case errors.As(err, &certificate), errors.As(err, &unknown):
		return "The certificate of the database server " + fmt.Sprintf("%q", s.config.Name) + " does not verify; nothing was sent to it.",
			"If the certificate comes from a private authority, name that authority's certificate in ca_file, and the server in " + where + " as the certificate does."
	case strings.Contains(err.Error(), "server refused TLS"):
		return about + " does not offer TLS, so nothing was sent to it.",
			"Turn TLS on at the server. If the network to it is trusted without TLS, set insecure_plaintext = true and turn TLS off in " + where + "."
	case strings.HasPrefix(code, "28"), code == "3D000":
		return about + " refused the login.", "Check the user, the password and the database in " + where + ", then plan again."
	case errors.As(err, &connecting), strings.HasPrefix(code, "08"), strings.HasPrefix(code, "53"), strings.HasPrefix(code, "57P"):
		return about + " could not be reached.", "Check " + where + " and that the database server answers from here, then plan again."
	case code == "57014", code == "55P03", errors.Is(err, context.DeadlineExceeded):
		return about + " did not answer in time.", "Look at what keeps the database server busy, or raise timeout; then plan again."
	}
	return "", ""
}

// changeFault says why a role was not changed, or may not have been.
func (s *System) changeFault(ctx context.Context, act system.AccountAct, r *role, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	about := fmt.Sprintf("The database server %q was asked to %s %q", s.config.Name, act, s.shown(r.name))
	switch code := state(err); {
	case errors.Is(err, errChanged), code == "42704", code == "XX000":
		// XX000 is what the server says of a row that another transaction has changed.
		return s.refused(fault.ErrChanged, about+", but the role has changed since it was read, or is gone.", "Plan again, and look at what the plan shows.", err)
	case code == "42501" && s.config.Functions != "":
		return s.refused(fault.ErrDenied, about+", and the functions refused.", s.giveFunctions(r.me), err)
	case code == "42501":
		return s.lacks(r, r.toDo(act))
	case code == "25006":
		return s.refused(fault.ErrConfig, about+", but takes no changes: it is a standby, or default_transaction_read_only is on for the account.", "Let dsn lead to the primary server.", err)
	case code == "57014", code == "55P03":
		return s.refused(fault.ErrUnavailable, about+", and did not finish in time.", "Apply again: the next run finds out whether it was done.", err)
	case code != "":
		return s.refused(fault.ErrUnavailable, about+", and refused.", "Look at the log of the database server for its reason.", err)
	}
	return s.refused(fault.ErrUnavailable, about+", and did not answer.", "Apply again: the next run finds out whether it was done.", err)
}
