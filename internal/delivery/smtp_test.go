package delivery

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
)

func noticeTo(t testing.TB, id string, to ...string) *Message {
	t.Helper()
	n := Notice{Name: "x", Grant: "cmdb/APP-1#aws", EndsAt: now, Subject: "Access is blocked: " + id, Text: "Dear Zoë,\n.\n.hidden\nFrom here on.\n"}
	for _, email := range to {
		n.To = append(n.To, Recipient{Key: "hr/E-1", Email: email})
	}
	body, err := n.Encode()
	must(t, err)
	return &Message{ID: id, Kind: KindNotice, Subject: n.Grant, Run: "run-1", At: now, Body: body}
}

func mailer(t testing.TB, m MailServer) *SMTP {
	t.Helper()
	s, err := NewSMTP(m)
	must(t, err)
	return s
}

func TestMail(t *testing.T) {
	server := servers.Exim(t)
	starttls := MailServer{Name: "notices.smtp", Host: server.Host, Port: server.Port, CAFile: server.Cert.CAFile, From: "Custody <custody@example.test>", ReplyTo: "it@example.test"}
	with := func(change func(m *MailServer)) MailServer {
		m := starttls
		change(&m)
		return m
	}
	login := func(way string) MailServer {
		return with(func(m *MailServer) { m.Username, m.Password, m.Login = server.Username, server.Password, way })
	}
	tls := with(func(m *MailServer) {
		m.Port, m.Security, m.Username, m.Password = server.TLSPort, ImplicitTLS, server.Username, server.Password
	})
	for id, m := range map[string]MailServer{
		"starttls": starttls, "tls": tls, "none": with(func(m *MailServer) { m.Port, m.Security = server.Bare, NoTLS }),
		"plain": login(""), "login": login("login"), "cram": login("cram-md5"),
	} {
		t.Run(id, func(t *testing.T) {
			to := []string{"ann@example.test", "bob@example.test", "ANN@example.test", "ann@example.test"}
			if m.Username != "" {
				to[0] = "ann@members.example.test"
			}
			s := mailer(t, m)
			must(t, s.Deliver(t.Context(), noticeTo(t, "id-"+id, to...)))
			got := server.Accepted(t, "id-"+id+"@example.test")
			if len(got) != 1 {
				t.Fatalf("got %+v", got)
			}
			h := got[0].Message.Header
			subject, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
			must(t, err)
			body, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(got[0].Body)))
			must(t, err)
			if subject != "Access is blocked: id-"+id || !strings.Contains(string(body), "Zoë,\n.\n.hidden\nFrom here on.") || h.Get("Auto-Submitted") != "auto-generated" ||
				h.Get("Date") != "Wed, 02 Jan 2030 03:04:05 +0000" || h.Get("Reply-To") != "<it@example.test>" || !strings.Contains(h.Get("From"), "custody@example.test") || len(got[0].To) < 2 {
				t.Errorf("got %+v %s", got[0], body)
			}
		})
	}
	for name, c := range map[string]struct {
		m     MailServer
		to    string
		kind  error
		words string
	}{
		"refused":     {starttls, servers.MailRefused, fault.ErrDenied, "code 550"},
		"later":       {starttls, servers.MailDeferred, fault.ErrUnavailable, "code 451"},
		"no login":    {starttls, "ann@members.example.test", fault.ErrDenied, "code 550"},
		"password":    {with(func(m *MailServer) { m.Username, m.Password = "custody", "wrong-canary" }), "ann@example.test", fault.ErrDenied, "refused the login with code 535"},
		"authority":   {with(func(m *MailServer) { m.CAFile = "" }), "ann@example.test", fault.ErrUnavailable, "does not verify"},
		"no starttls": {with(func(m *MailServer) { m.Port = server.Bare }), "ann@example.test", fault.ErrUnavailable, "does not offer STARTTLS"},
		"name":        {with(func(m *MailServer) { m.Host = "localhost" }), "ann@example.test", fault.ErrUnavailable, "does not verify"},
		"clear":       {with(func(m *MailServer) { m.Security = NoTLS }), "ann@example.test", fault.ErrDenied, "code 550"},
		"nobody":      {starttls, "", fault.ErrConfig, "No directory has an address of hr/E-1"},
	} {
		t.Run(name, func(t *testing.T) {
			wantFault(t, mailer(t, c.m).Deliver(t.Context(), noticeTo(t, "id-refused", c.to)), c.kind, c.words)
		})
	}
	if got := server.Accepted(t, "id-refused"); len(got) != 0 {
		t.Errorf("accepted: %+v", got)
	}
}

// A text from a record adds no header, no recipient and no command.
func TestMailCannotBeInjected(t *testing.T) {
	server := servers.Exim(t)
	s := mailer(t, MailServer{Name: "notices.smtp", Host: server.Host, Port: server.Port, CAFile: server.Cert.CAFile, From: "custody@example.test"})
	n := Notice{
		Name: "x", Grant: "g", EndsAt: now, Subject: "inject\r\nBcc: eve@example.test\r\n\r\nbody", Text: "one\r\n.\r\nRCPT TO:<eve@example.test>\r\nBcc: eve@example.test\n",
		To: []Recipient{{Email: "ann@example.test"}, {Email: "a@b.c>\r\nRCPT TO:<eve@example.test"}, {Email: "ann@example.test, eve@example.test"}, {Email: "x\x00@b.c"}, {Email: "Eve <eve@example.test"}},
	}
	body, err := n.Encode()
	must(t, err)
	must(t, s.Deliver(t.Context(), &Message{ID: "id-inject\r\nBcc: eve@example.test", Kind: KindNotice, At: now, Body: body}))
	got := server.Accepted(t, "id-inject")
	if len(got) != 1 || strings.Join(got[0].To, " ") != "ann@example.test" || got[0].Message.Header.Get("Bcc") != "" || len(got[0].Message.Header["Subject"]) != 1 {
		t.Fatalf("got %+v", got)
	}
	for _, text := range []string{"", "ann", "ann@", "a b@example.test", "<ann@example.test", "ann@example.test\r\n", "a@b.c, d@e.f", strings.Repeat("a", 250) + "@example.test", `"a b"@example.test`, "zoë@example.test"} {
		if a, ok := address(text); ok {
			t.Errorf("%q was taken for the address %s", text, a)
		}
	}
}

// talker is a server that writes what it is told to and reads nothing of it.
func talker(t testing.TB, talk func(c net.Conn)) (port int, connections *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	connections = &atomic.Int64{}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			go func() {
				defer c.Close() //nolint:errcheck // a test
				talk(c)
			}()
		}
	}()
	a, _ := l.Addr().(*net.TCPAddr)
	return a.Port, connections
}

func TestMailServersThatMisbehave(t *testing.T) {
	to := func(port int) *SMTP {
		return mailer(t, MailServer{Name: "notices.smtp", Host: "127.0.0.1", Port: port, Security: NoTLS, From: "custody@example.test"})
	}
	endless, _ := talker(t, func(c net.Conn) {
		w := bufio.NewWriter(c)
		for {
			if _, err := fmt.Fprint(w, "220-canary "+strings.Repeat("x", 500)+"\r\n"); err != nil {
				return
			}
		}
	})
	wantFault(t, to(endless).Deliver(t.Context(), noticeTo(t, "id", "ann@example.test")), fault.ErrUnavailable, "could not be reached")

	refuses, _ := talker(t, func(c net.Conn) { _, _ = fmt.Fprint(c, "554 canary\r\n") })
	wantFault(t, to(refuses).Deliver(t.Context(), noticeTo(t, "id", "ann@example.test")), fault.ErrDenied, "code 554")

	cuts, _ := talker(t, func(c net.Conn) { _, _ = fmt.Fprint(c, "220 hello\r\n250 ok\r\n") })
	wantFault(t, to(cuts).Deliver(t.Context(), noticeTo(t, "id", "ann@example.test")), fault.ErrUnavailable, "")

	// An interrupt ends the wait for a server that says nothing.
	ctx, cancel := context.WithCancel(t.Context())
	silent, _ := talker(t, func(c net.Conn) {
		cancel()
		_, _ = io.Copy(io.Discard, c)
	})
	if err := to(silent).Deliver(ctx, noticeTo(t, "id", "ann@example.test")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	a, _ := l.Addr().(*net.TCPAddr)
	must(t, l.Close())
	wantFault(t, to(a.Port).Deliver(t.Context(), noticeTo(t, "id", "ann@example.test")), fault.ErrUnavailable, "could not be reached")
}

func TestMailThatIsNotConfigured(t *testing.T) {
	good := MailServer{Name: "x", Host: "mail.example.test", From: "custody@example.test"}
	for _, c := range []struct {
		attribute string
		change    func(m *MailServer)
	}{
		{"host", func(m *MailServer) { m.Host = "" }},
		{"host", func(m *MailServer) { m.Host = "mail.example.test/x" }},
		{"port", func(m *MailServer) { m.Port = 70000 }},
		{"security", func(m *MailServer) { m.Security = "none" }},
		{"security", func(m *MailServer) { m.Security = "ssl" }},
		{"from", func(m *MailServer) { m.From = "custody" }},
		{"from", func(m *MailServer) { m.From = "a@b.c\r\nBcc: x@y.z" }},
		{"reply_to", func(m *MailServer) { m.ReplyTo = "it" }},
		{"password", func(m *MailServer) { m.Username = "custody" }},
		{"login", func(m *MailServer) { m.Login = "ntlm" }},
		{"ca_file", func(m *MailServer) { m.CAFile = "missing.pem" }},
	} {
		m := good
		c.change(&m)
		_, err := NewSMTP(m)
		wantProblem(t, err, c.attribute)
	}
	s := mailer(t, good)
	if s.server.Port != 587 || !s.Takes(KindNotice) || s.Takes("sessions.ended") || s.Name() != "x" {
		t.Errorf("got %+v", s.server)
	}
	wantFault(t, s.Deliver(t.Context(), &Message{Body: "{"}), nil, "cannot be written")
}

func FuzzDecodeNotice(f *testing.F) {
	f.Add(`{"name":"x","grant":"g","to":[{"key":"hr/E-1","email":"a@b.c"}],"ends_at":"2030-01-01T00:00:00Z","subject":"s","text":"t"}`)
	s, err := NewSMTP(MailServer{Name: "x", Host: "mail.example.test", From: "custody@example.test"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := DecodeNotice(text)
		if err != nil {
			return
		}
		msg, err := s.compose(&Message{ID: "id", At: now}, n)
		if err != nil {
			return
		}
		var out strings.Builder
		if _, err := msg.WriteTo(&out); err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(out.String(), "\r\n\r\n")
		for line := range strings.SplitSeq(head, "\r\n") {
			if strings.ContainsAny(line, "\r\n") || strings.HasPrefix(strings.ToLower(line), "bcc:") {
				t.Fatalf("%q gave the header %q", text, line)
			}
		}
	})
}
