package servers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// MailServer is a mail server that keeps what it accepts and sends nothing on.
type MailServer struct {
	Host     string
	Port     int // offers STARTTLS, and a login after it
	TLSPort  int // speaks TLS from the beginning
	Bare     int // offers neither
	Cert     Certificate
	Username string
	Password string
	spool    string
}

// The recipients that the mail server does not take.
const (
	MailRefused  = "refused@example.test"  // is refused for good
	MailDeferred = "deferred@example.test" // may be tried again
)

// What is accepted stays in the spool, where it lies as soon as it was accepted.
const eximConfig = `
exim_path = @PATH@
exim_user = @USER@
exim_group = @GROUP@
spool_directory = @DIR@/spool
log_file_path = @DIR@/%slog
pid_file_path = @DIR@/exim.pid
primary_hostname = mail.example.test
local_interfaces = 127.0.0.1
daemon_startup_retries = 0
daemon_smtp_ports = @PORT@ : @TLS@ : @BARE@
tls_on_connect_ports = @TLS@
tls_advertise_hosts = ${if eq{$received_port}{@BARE@}{}{*}}
tls_certificate = @DIR@/cert.pem
tls_privatekey = @DIR@/key.pem
deliver_drop_privilege = true
queue_only = true
keep_environment =
host_lookup =
rfc1413_query_timeout = 0s
acl_smtp_rcpt = rcpt
begin acl
rcpt:
  deny condition = ${if eq{$received_port}{@BARE@}{no}{yes}}
       !encrypted = *
  deny recipients = refused@example.test
  defer recipients = deferred@example.test
  deny recipients = *@members.example.test
       !authenticated = *
  accept
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_advertise_condition = ${if def:tls_in_cipher}
  server_condition = ${if and{{eq{$auth2}{@NAME@}}{eq{$auth3}{@PASSWORD@}}}}
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_advertise_condition = ${if def:tls_in_cipher}
  server_condition = ${if and{{eq{$auth1}{@NAME@}}{eq{$auth2}{@PASSWORD@}}}}
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = ${if eq{$auth1}{@NAME@}{@PASSWORD@}fail}
`

var exim Shared[*MailServer]

// Exim returns a mail server. It takes mail for everybody, over TLS; for
// members.example.test only after a login.
func Exim(t testing.TB) *MailServer {
	t.Helper()
	skipShort(t, "exim")
	path := RequireProgram(t, "exim", "exim4", "/usr/sbin/exim4")
	return exim.Get(t, func(dir string) (m *MailServer, stop func(), err error) {
		// Another program may take one of three ports before the server does.
		for range 3 {
			if m, stop, err = startExim(path, dir); err == nil {
				break
			}
		}
		return m, stop, err
	})
}

func startExim(path, dir string) (*MailServer, func(), error) {
	cert, err := NewCertificate(dir, "127.0.0.1")
	if err != nil {
		return nil, nil, err
	}
	m := &MailServer{Host: "127.0.0.1", Cert: cert, Username: "custody", Password: "t0p-Secret-canary", spool: filepath.Join(dir, "spool", "input")}
	for _, port := range []*int{&m.Port, &m.TLSPort, &m.Bare} {
		if *port, err = FreePort(); err != nil {
			return nil, nil, err
		}
	}
	account, err := unprivileged(dir, "Debian-exim")
	if err != nil {
		return nil, nil, err
	}
	uid, gid := os.Getuid(), os.Getgid()
	if account != nil {
		uid, gid = int(account.Uid), int(account.Gid)
	}
	config := strings.NewReplacer("@DIR@", dir, "@PATH@", path, "@USER@", strconv.Itoa(uid), "@GROUP@", strconv.Itoa(gid),
		"@PORT@", strconv.Itoa(m.Port), "@TLS@", strconv.Itoa(m.TLSPort), "@BARE@", strconv.Itoa(m.Bare), "@NAME@", m.Username, "@PASSWORD@", m.Password).Replace(eximConfig)
	conf := filepath.Join(dir, "exim.conf")
	if err := os.WriteFile(conf, []byte(config), 0o600); err != nil {
		return nil, nil, err
	}
	if err := give(dir, account); err != nil {
		return nil, nil, err
	}
	p, err := Start(context.Background(), Spec{Name: "exim", Path: path, Dir: dir, Args: []string{"-C", conf, "-bdf"}, User: account, Ready: m.ready})
	if err != nil {
		return nil, nil, err
	}
	return m, p.Stop, nil
}

func (m *MailServer) ready(ctx context.Context) error {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(m.Host, strconv.Itoa(m.Port)))
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // nothing was sent
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	greeting := make([]byte, len("220"))
	if _, err := io.ReadFull(c, greeting); err != nil || string(greeting) != "220" {
		return fmt.Errorf("it greets with %q: %w", greeting, err)
	}
	return nil
}

// Accepted is a message that the server has accepted.
type Accepted struct {
	To      []string // of the envelope
	Message *mail.Message
	Raw     string // with line feeds at the ends of lines
	Body    string
}

// Accepted returns the messages that the server has accepted whose raw text holds a
// word, in no order.
func (m *MailServer) Accepted(t testing.TB, word string) []Accepted {
	t.Helper()
	heads, err := filepath.Glob(filepath.Join(m.spool, "*-H"))
	if err != nil {
		t.Fatal(err)
	}
	deeper, err := filepath.Glob(filepath.Join(m.spool, "*", "*-H"))
	if err != nil {
		t.Fatal(err)
	}
	var out []Accepted
	for _, head := range slices.Concat(heads, deeper) {
		a, err := readSpool(head)
		if err != nil {
			t.Fatalf("%s: %v", head, err)
		}
		if strings.Contains(a.Raw, word) {
			out = append(out, *a)
		}
	}
	return out
}

// readSpool reads a message from the two files in which the server keeps it: one with
// the envelope and the headers, each with its length in front, and one with the body.
func readSpool(head string) (*Accepted, error) {
	text, err := os.ReadFile(head)
	if err != nil {
		return nil, err
	}
	body, err := os.ReadFile(strings.TrimSuffix(head, "-H") + "-D")
	if err != nil {
		return nil, err
	}
	_, body, _ = bytes.Cut(body, []byte("\n"))
	envelope, headers, ok := strings.Cut(string(text), "\n\n")
	if !ok {
		return nil, fmt.Errorf("no headers")
	}
	a := &Accepted{Body: string(body)}
	lines := strings.Split(envelope, "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if n, err := strconv.Atoi(lines[i]); err == nil && n == len(lines)-1-i {
			a.To = lines[i+1:]
			break
		}
	}
	var raw strings.Builder
	const prefix = 5 // three digits, a flag and a space
	for len(headers) > prefix {
		n, err := strconv.Atoi(strings.TrimSpace(headers[:3]))
		if err != nil || len(headers) < prefix+n {
			return nil, fmt.Errorf("a header of %.20q", headers)
		}
		if headers[3] != '*' { // rewritten or removed
			raw.WriteString(headers[prefix : prefix+n])
		}
		headers = headers[prefix+n:]
	}
	a.Raw = raw.String() + "\n" + a.Body
	a.Message, err = mail.ReadMessage(strings.NewReader(a.Raw))
	return a, err
}
