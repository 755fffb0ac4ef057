package servers_test

import (
	"net"
	"net/smtp"
	"strconv"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

func TestExim(t *testing.T) {
	s := servers.Exim(t)
	send := func(to string) error {
		return smtp.SendMail(net.JoinHostPort(s.Host, strconv.Itoa(s.Bare)), nil, "me@example.test", []string{to}, []byte("Subject: a word\r\n\r\none\r\ntwo\r\n"))
	}
	if err := send("ann@example.test"); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{servers.MailRefused, servers.MailDeferred, "bob@members.example.test"} {
		if send(to) == nil {
			t.Errorf("mail to %s was accepted", to)
		}
	}
	got := s.Accepted(t, "a word")
	if len(got) != 1 || len(got[0].To) != 1 || got[0].To[0] != "ann@example.test" || got[0].Body != "one\ntwo\n" || got[0].Message.Header.Get("Subject") != "a word" {
		t.Errorf("got %+v", got)
	}
}
