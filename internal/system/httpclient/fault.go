package httpclient

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system/redact"
)

const (
	adviceReach       = "Check that the address is right and reachable from here, then plan again."
	adviceLimit       = "Plan again later, or lower the number of requests that the system is asked at a time."
	adviceCertificate = "If the certificate comes from a private authority, name that authority's certificate in ca_file. Verification cannot be turned off."
	adviceOrigin      = "Set url to the address at which the system answers itself, with the scheme, host and port that it uses in its own links."
	adviceDescription = "Check that url names the API and not a page of the system, then plan again."
	adviceReport      = "Report this: it is a defect of the provider."
	adviceWhole       = "Plan again. If it happens again, look for a proxy or a limit between here and the system that cuts answers off."
)

func (c *Client) fault(happened, advice string, err error) error {
	return &fault.Fault{
		Kind: fault.ErrUnavailable, Summary: c.config.Summary, Happened: happened, Advice: advice, Err: err,
	}
}

// plainError returns an error that holds only a text that may be shown. It wraps
// nothing: otherwise the error of an attempt that timed out would look like that of
// the caller's context.
func (c *Client) plainError(err error) error {
	text := redact.Local(err)
	if text == "" {
		return nil
	}
	return errors.New(c.Shown(text))
}

// Shown returns a text that came from the server, or that may contain a part of
// its answer, in a form that may be shown in a message.
func (c *Client) Shown(text string) string {
	const most = 300
	return c.secrets.Text(text, most)
}

// Sentence returns a sentence of ours with names in it that came from the server or from
// the configuration, in a form that may be shown. It is longer than what a server may say.
func (c *Client) Sentence(text string) string {
	const most = 4000
	return c.secrets.Text(text, most)
}

// broken explains why there is no answer.
func (c *Client) broken(x *exchange) error {
	err := x.lastError
	name, host := c.config.System, origin(c.base)
	var stray *redirectError
	var certificate *tls.CertificateVerificationError
	var timeout net.Error
	switch {
	case errors.As(err, &stray):
		return c.fault(fmt.Sprintf("The system %q cannot be used: %s.", name, c.Shown(stray.reason)), adviceOrigin, nil)
	case errors.As(err, &certificate):
		return c.fault(fmt.Sprintf("The certificate of the system %q at %s does not verify. The credentials were not sent.", name, host),
			adviceCertificate, c.plainError(certificate.Err))
	case errors.Is(err, errTooLarge):
		return c.fault(fmt.Sprintf("The answer of the system %q is larger than %d bytes and was not read.", name, c.config.MaxBody),
			"Ask for smaller pages.", nil)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return c.fault(fmt.Sprintf("The answer of the system %q was cut short%s.", name, x.times()), adviceWhole, c.plainError(err))
	case errors.As(err, &timeout) && timeout.Timeout():
		return c.fault(fmt.Sprintf("The system %q at %s did not answer within %s%s.", name, host, c.config.Timeout, x.times()),
			adviceReach, nil)
	}
	return c.fault(fmt.Sprintf("The system %q at %s could not be reached%s.", name, host, x.times()), adviceReach, c.plainError(err))
}

func (x *exchange) times() string {
	if x.tries < 2 {
		return ""
	}
	return fmt.Sprintf(", %d times in a row", x.tries)
}

// Refused returns the fault for an answer with an unexpected status.
func (c *Client) Refused(r *Response) error {
	name := c.config.System
	happened := fmt.Sprintf("The system %q answered with status %d %s", name, r.Status, http.StatusText(r.Status))
	happened = strings.TrimSpace(happened)
	advice := ""
	switch {
	case r.Status == http.StatusUnauthorized:
		happened += ": the credentials were refused."
		advice = fmt.Sprintf("Check %s: it may be wrong, expired or revoked.", c.variables())
	case r.Status == http.StatusForbidden:
		happened += ": the credentials were accepted but lack a right."
		advice = fmt.Sprintf("Give the account behind %s the right to read everything that is looked up here.", c.variables())
	case r.Status == http.StatusNotFound || r.Status == http.StatusMethodNotAllowed || r.Status == http.StatusGone:
		happened += ": there is nothing of that kind at this address."
		advice = adviceDescription
	case r.Status == http.StatusTooManyRequests:
		happened += ": it was asked too often, and still after waiting."
		advice = adviceLimit
	case r.Status >= 500:
		happened += ": it has failed."
		advice = "Look at the system itself; when it answers again, plan again."
	case r.Status >= 200 && r.Status < 300:
		happened += ", which cannot be used here."
		advice = adviceDescription
	default:
		happened += ", which is not an answer to what was asked."
		advice = adviceDescription
	}
	return c.fault(happened, advice, c.told(r))
}

// Malformed returns the fault for an answer that cannot be understood. The
// reason is a clause: "it is not JSON".
func (c *Client) Malformed(r *Response, reason string) error {
	return c.fault(fmt.Sprintf("The answer of the system %q cannot be used: %s.", c.config.System, c.Shown(reason)),
		adviceDescription, c.told(r))
}

// Unusable returns the fault for answers that contradict each other or are
// incomplete. The reason is a full sentence without its full stop.
func (c *Client) Unusable(reason, advice string) error {
	return c.fault(fmt.Sprintf("The answers of the system %q cannot be trusted: %s.", c.config.System, c.Shown(reason)), advice, nil)
}

// variables names the environment variables that the credentials may come from.
func (c *Client) variables() string {
	fields := slices.Collect(maps.Keys(c.config.Secrets))
	for _, cred := range c.config.Credentials {
		if cred.Field != "" {
			fields = append(fields, cred.Field)
		}
	}
	slices.Sort(fields)
	var out []string
	for _, field := range slices.Compact(fields) {
		out = append(out, Variable(c.config.System, field))
	}
	if len(out) == 0 {
		return "the credentials"
	}
	return strings.Join(out, " and ")
}

// Variable returns the name of the environment variable for a field of a system.
func Variable(name, field string) string {
	return "CUSTODY_" + strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return r
		}
		return '_'
	}, name+"_"+field)
}
