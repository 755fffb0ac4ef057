package delivery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/textproto"
	"slices"
	"strings"
	"unicode"

	"github.com/wneessen/go-mail"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/redact"
	"github.com/custodyhq/terraform-provider-custody/internal/system/trust"
)

// The ways in which a connection to a mail server is protected.
const (
	StartTLS    = "starttls" // begins in clear and must become TLS before anything is sent
	ImplicitTLS = "tls"
	NoTLS       = "none" // to this machine only
)

// The ways to log in to a mail server, by the words of the configuration.
var logins = map[string]mail.SMTPAuthType{
	"plain": mail.SMTPAuthPlain, "login": mail.SMTPAuthLogin, "cram-md5": mail.SMTPAuthCramMD5, "scram-sha-256": mail.SMTPAuthSCRAMSHA256,
}

// MailServer says how mail is sent.
type MailServer struct {
	Name     string
	Host     string
	Port     int    // 0: the usual one of the protection
	Security string // StartTLS if empty
	CAFile   string
	From     string // an address, or "Name <address>"
	ReplyTo  string // empty for none
	Username string // empty for no login
	Password string
	Login    string // a way to log in; plain if empty
}

// SMTP delivers notices by mail.
type SMTP struct {
	server  MailServer
	from    *netmail.Address
	replyTo *netmail.Address
	roots   *x509.CertPool
	secrets redact.Secrets
}

// NewSMTP returns a sender of mail. It connects to nothing. Its error is a
// *system.ConfigError.
func NewSMTP(m MailServer) (*SMTP, error) {
	s := &SMTP{server: m}
	var problems []system.Problem
	problem := func(attribute, message string) {
		problems = append(problems, system.Problem{Attribute: attribute, Message: message})
	}
	if m.Security == "" {
		s.server.Security = StartTLS
	}
	switch s.server.Security {
	case StartTLS, ImplicitTLS:
	case NoTLS:
		if !loopback(m.Host) {
			problem("security", "none would send mail and password in clear. Use starttls or tls, except for a server on this machine.")
		}
	default:
		problem("security", "It must be starttls, tls or none.")
	}
	if m.Host == "" || strings.ContainsFunc(m.Host, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("/@[]", r) }) {
		problem("host", "It must be the name or the address of a mail server, without a port.")
	}
	if m.Port < 0 || m.Port > 65535 {
		problem("port", "It must be the number of a port.")
	}
	if s.server.Port == 0 {
		s.server.Port = map[string]int{StartTLS: 587, ImplicitTLS: 465, NoTLS: 25}[s.server.Security]
	}
	var ok bool
	if s.from, ok = address(m.From); !ok {
		problem("from", "It must be an address, such as custody@example.org, or a name with one: Custody <custody@example.org>.")
	}
	if s.replyTo, ok = address(m.ReplyTo); !ok && m.ReplyTo != "" {
		problem("reply_to", "It must be an address.")
	}
	s.checkLogin(problem)
	roots, message := trust.Roots(m.CAFile)
	if message != "" {
		problem(trust.Attribute, message)
	}
	s.roots = roots
	s.secrets.Add(m.Password)
	if len(problems) > 0 {
		return nil, &system.ConfigError{System: m.Name, Problems: problems}
	}
	return s, nil
}

func (s *SMTP) checkLogin(problem func(attribute, message string)) {
	m := &s.server
	if (m.Username == "") != (m.Password == "") {
		problem("password", "username and password are given together or not at all.")
	}
	if m.Login == "" {
		m.Login = "plain"
	}
	if _, known := logins[m.Login]; !known {
		problem("login", "It must be plain, login, cram-md5 or scram-sha-256.")
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// maxAddress is the longest address that SMTP takes, in bytes.
const maxAddress = 254

// address reads an address strictly: it becomes a part of a command and of a header.
func address(text string) (*netmail.Address, bool) {
	if len(text) > 2*maxAddress || strings.ContainsFunc(text, unicode.IsControl) {
		return nil, false
	}
	a, err := netmail.ParseAddress(text)
	if err != nil || len(a.Address) > maxAddress || strings.ContainsFunc(a.Address, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`<>"\,;`, r) }) {
		return nil, false
	}
	return a, true
}

// Name names the destination.
func (s *SMTP) Name() string { return s.server.Name }

// Takes reports whether the kind is that of a notice.
func (s *SMTP) Takes(kind string) bool { return kind == KindNotice }

// Deliver sends a notice to all recipients whose address is known, in one message.
func (s *SMTP) Deliver(ctx context.Context, m *Message) error {
	n, err := DecodeNotice(m.Body)
	if err != nil {
		return defect(s.server.Name, err)
	}
	msg, err := s.compose(m, n)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err = s.send(limited, msg)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// compose writes the message. Whatever of it comes from outside is checked or encoded,
// so that it cannot add a header or a command.
func (s *SMTP) compose(m *Message, n *Notice) (*mail.Msg, error) {
	var to []*netmail.Address
	var unknown []string
	for _, r := range n.To {
		a, ok := address(r.Email)
		if !ok {
			unknown = append(unknown, redact.Clean(r.Key, 200))
			continue
		}
		if !slices.ContainsFunc(to, func(b *netmail.Address) bool { return b.Address == a.Address }) {
			to = append(to, &netmail.Address{Address: a.Address})
		}
	}
	if len(to) == 0 {
		return nil, s.unaddressed(n, unknown)
	}
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	msg.FromMailAddress(s.from)
	msg.ToMailAddress(to...)
	if s.replyTo != nil {
		msg.ReplyToMailAddress(s.replyTo)
	}
	msg.Subject(redact.Clean(n.Subject, 300))
	msg.SetDateWithValue(m.At)
	_, host, _ := strings.Cut(s.from.Address, "@")
	msg.SetMessageIDWithValue(redact.Clean(m.ID, 100) + "@" + host)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(mail.TypeTextPlain, n.Text)
	return msg, nil
}

func (s *SMTP) unaddressed(n *Notice, unknown []string) error {
	who := "The facts name no responsible person"
	if len(unknown) > 0 {
		who = "No directory has an address of " + strings.Join(unknown, ", ")
	}
	return &fault.Fault{
		Kind: fault.ErrConfig, Summary: summaryDeliver, Happened: fmt.Sprintf("%s, who would get it: %q.", who, redact.Clean(n.Subject, 200)),
		Advice: "Add the address to the directory, or name a lifecycle_owner for the class in the policy who has one.",
	}
}

func (s *SMTP) send(ctx context.Context, msg *mail.Msg) error {
	policy := mail.TLSMandatory
	if s.server.Security == NoTLS {
		policy = mail.NoTLS
	}
	config := &tls.Config{ServerName: s.server.Host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}
	options := []mail.Option{
		mail.WithPort(s.server.Port), mail.WithTimeout(timeout), mail.WithTLSPolicy(policy), mail.WithTLSConfig(config), mail.WithoutNoop(),
		mail.WithDialContextFunc(func(_ context.Context, network, addr string) (net.Conn, error) {
			return s.dial(ctx, network, addr, config)
		}),
	}
	if s.server.Security == ImplicitTLS {
		options = append(options, mail.WithSSL())
	}
	if s.server.Username != "" {
		options = append(options, mail.WithSMTPAuth(logins[s.server.Login]), mail.WithUsername(s.server.Username), mail.WithPassword(s.server.Password))
	}
	client, err := mail.NewClient(s.server.Host, options...)
	if err != nil {
		return defect(s.server.Name, errors.New(redact.Local(err)))
	}
	if err := client.DialWithContext(ctx); err != nil {
		return s.explain("could not be reached", err)
	}
	err = client.Send(msg)
	// The message is accepted or not, whatever becomes of the farewell.
	_ = client.Close()
	if err != nil && !msg.IsDelivered() {
		return s.explain("did not accept a message", err)
	}
	return nil
}

// explain is the fault of a failure. Of what the server wrote only the code is shown.
func (s *SMTP) explain(what string, err error) error {
	f := &fault.Fault{
		Kind: fault.ErrUnavailable, Summary: summaryDeliver, Happened: fmt.Sprintf("The mail server %q at %s %s", s.server.Name, s.secrets.Text(s.server.Host, 200), what),
		Advice: "Check that the address and the port are right and reachable from here.",
	}
	code := 0
	var sent *mail.SendError
	var replied *textproto.Error
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &sent):
		code = sent.ErrorCode()
	case errors.As(err, &replied):
		code = replied.Code
	}
	switch {
	case errors.As(err, &certificate):
		f.Happened += ": its certificate does not verify; nothing was sent to it"
		f.Advice = "If the certificate comes from a private authority, name that authority's certificate in ca_file. Verification cannot be turned off."
	case code == 530 || code == 534 || code == 535:
		f.Kind = fault.ErrDenied
		f.Happened += fmt.Sprintf(": it refused the login with code %d", code)
		f.Advice = "Check username, password and login."
	case code >= 500:
		f.Kind = fault.ErrDenied
		f.Happened += fmt.Sprintf(": it refused with code %d", code)
		f.Advice = "Check that the server lets this account send from this address, and that it knows the recipients."
	case code > 0:
		f.Happened += fmt.Sprintf(": it answered with code %d", code)
		f.Advice = "Look at the log of the mail server."
	case strings.Contains(err.Error(), "does not support STARTTLS"):
		f.Happened += ": it does not offer STARTTLS; nothing was sent to it"
		f.Advice = "Use the port of the server that offers it, usually 587, or security = \"tls\" with port 465."
	default:
		if text := redact.Local(err); text != "" {
			f.Err = errors.New(s.secrets.Text(text, 300))
		}
	}
	f.Happened += "."
	return f
}
