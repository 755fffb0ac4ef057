package requesttracker

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// The headers with which a mail server says that it has checked a mail.
const (
	genuine = "Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=example.org;\n dmarc=pass (p=reject) header.from=example.org\n"
	forged  = "Authentication-Results: mx.example.org; spf=fail; dmarc=fail (p=none) header.from=example.org\n"
)

const (
	annsMail = "Ann Archer <ann@example.org>"
	quoted   = "> To answer, reply with a first line of\n> Confirm\n> Reject\n"
)

// reply is a mail about a ticket.
func reply(ticket, from, headers, body string) string {
	if !strings.Contains(headers, "Content-Type:") {
		headers += "Content-Type: text/plain; charset=utf-8\n"
	}
	return fmt.Sprintf("From: %s\nTo: rt@rt.test\nSubject: Re: [rt.test #%s] Is it still needed?\nMessage-ID: <%s@example.org>\nMIME-Version: 1.0\n%s\n%s\n",
		from, ticket, ticket, headers, body)
}

// What Request Tracker mails says how to answer, and a reply is none. It stays in the
// ticket, also where the gateway closes tickets, and does not open one again.
func TestAReplyByMailIsNoAnswer(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	s := mustOpen(t, asking(rt))
	c := caseOf("by-mail-1")
	c.Text = strings.Join(s.HowToAnswer(), "\n")
	r := opened(t, s, c)
	page := rt.URL + "/Ticket/Display.html?id=" + r.ID
	sent := strings.Join(rt.Mails(t, "ann@example.org", r.ID), "\n")
	for _, text := range []string{page, "To confirm, choose Actions", "does not answer"} {
		if !strings.Contains(sent, text) {
			t.Errorf("%q is not in what Ann gets:\n%s", text, sent)
		}
	}
	if !rt.Gateway(t, "correspond", reply(r.ID, "ann@example.org", genuine, "Confirmed, please keep it.")) {
		t.Error("the reply was refused")
	}
	if rt.Gateway(t, "correspond-resolve", reply(r.ID, "ann@example.org", genuine, "No, take it away.")) {
		t.Error("a reply has closed the ticket")
	}
	if got := shown(t, s, r.Key); got.Status != system.ReviewOpen || got.AnsweredBy != "" {
		t.Errorf("got %+v", got)
	}
	if _, text := ticketText(t, rt, r.ID, rt.People["ann"]); !strings.Contains(text, "please keep it") || !strings.Contains(text, "take it away") {
		t.Errorf("a reply is lost:\n%s", text)
	}
	answerTicket(t, rt, r.ID, rt.People["ann"], system.ReviewRejected, "")
	before := shown(t, s, r.Key)
	rt.Gateway(t, "correspond", reply(r.ID, "ann@example.org", genuine, "Thank you."))
	if got := shown(t, s, r.Key); got.Status != system.ReviewRejected || !got.AnsweredAt.Equal(before.AnsweredAt) {
		t.Errorf("a later reply has changed the answer: %+v", got)
	}
}

// With the file of the guide that lets people answer by mail: what is no answer, and what
// the sender is told.
func TestMailsThatAnswerNothing(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	rt.AnswerByMail(t)
	rt.Allow(t, "bob", "SeeQueue", "ShowTicket", "ReplyToTicket")
	r := opened(t, mustOpen(t, asking(rt)), caseOf("by-mail-2"))
	const unsure = "it is not certain that it comes from you"
	told := map[string]int{}
	for name, c := range map[string]struct{ from, headers, body, told string }{
		"quoted":             {annsMail, genuine, quoted, "it is no answer, and the question stays open"},
		"quoted otherwise":   {annsMail, genuine, "-----Original Message-----\nConfirm\nReject\n", "it is no answer"},
		"indented":           {annsMail, genuine, "    Confirm\n", "it is no answer"},
		"in a sentence":      {annsMail, genuine, "Confirm that I got it: yes. I will look.", "it is no answer"},
		"markup":             {annsMail, genuine + "Content-Type: text/html; charset=utf-8\n", "<blockquote>Confirm</blockquote>", "reply with plain text"},
		"without the case":   {"bob@example.org", genuine, "Confirm", "it is no answer: Permission Denied"},
		"forged":             {annsMail, forged, "Reject", unsure},
		"unchecked":          {annsMail, "", "Reject", unsure},
		"checked by another": {annsMail, strings.ReplaceAll(genuine, "mx.example.org", "mx.evil.test"), "Reject", unsure},
		"checked below":      {annsMail, "Authentication-Results: mx.example.org; none\n" + genuine, "Reject", unsure},
		"a quoted result":    {annsMail, "Authentication-Results: mx.example.org; spf=fail smtp.mailfrom=\"a;dmarc=pass x\"@evil.test\n", "Reject", unsure},
		"a commented result": {annsMail, "Authentication-Results: mx.example.org; dmarc=fail (was ; dmarc=pass (x) header.from=example.org)\n", "Reject", unsure},
		"two results":        {annsMail, "Authentication-Results: mx.example.org; dmarc=pass; dmarc=fail\n", "Reject", unsure},
		"another sender":     {"eve@evil.test", "Reply-To: ann@example.org\n" + strings.ReplaceAll(genuine, "from=example.org", "from=evil.test"), "Reject", unsure},
		"a machine":          {annsMail, "Auto-Submitted: auto-replied\n" + genuine, "Confirm", ""},
		"a stranger":         {"eve@evil.test", genuine, "Confirm", ""},
	} {
		if took := rt.Gateway(t, "correspond", reply(r.ID, c.from, c.headers, c.body)); took == (name == "a stranger") {
			t.Errorf("%s: taken %t", name, took)
		}
		var ticket struct{ Status string }
		rt.Call(t, http.MethodGet, "/ticket/"+r.ID, nil, &ticket)
		if ticket.Status != "open" {
			t.Fatalf("%s: the ticket is %s", name, ticket.Status)
		}
		if c.told == "" {
			continue
		}
		to := "ann@example.org"
		if strings.HasPrefix(c.from, "bob") {
			to = "bob@example.org"
		}
		told[c.told]++
		if mails := strings.Join(rt.Mails(t, to, r.ID), "\n"); strings.Count(mails, c.told) < told[c.told] || !strings.Contains(mails, r.URL) {
			t.Errorf("%s: %q is not in what they are told:\n%s", name, c.told, mails)
		}
	}
	if got := strings.Count(strings.Join(rt.Mails(t, "ann@example.org", r.ID), "\n"), "The page of the ticket:"); got != 13 {
		t.Errorf("Ann is told something %d times: a machine must not be", got)
	}
}

// An answer by mail is that of its sender, by the program that a mail server calls. Another
// one after it changes nothing.
func TestAnswersByMail(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	rt.AnswerByMail(t)
	c := asking(rt)
	c.Reviews.ByMail = true
	s := mustOpen(t, c)
	if how := strings.Join(s.HowToAnswer(), " "); !strings.Contains(how, "the word Confirm or Reject") {
		t.Errorf("how to answer: %q", how)
	}
	kept, ended := opened(t, s, caseOf("by-mail-3")), opened(t, s, caseOf("by-mail-4"))
	rt.Mailgate(t, reply(kept.ID, annsMail, genuine, "\nConfirm\n\nBilling needs it.\n\n"+quoted))
	rt.Gateway(t, "correspond", reply(ended.ID, "ANN@example.org", genuine, quoted+"\nreject.\nIt has ended."))
	for _, want := range []struct {
		key    string
		status system.ReviewStatus
		note   string
		told   string
	}{
		{kept.Key, system.ReviewConfirmed, "Confirm Billing needs it.", "Your answer was taken: Confirm."},
		{ended.Key, system.ReviewRejected, "reject. It has ended.", "Your answer was taken: reject."},
	} {
		got := shown(t, s, want.key)
		if got.Status != want.status || got.AnsweredBy != "ann" || got.AnsweredAt.IsZero() || got.Note != want.note {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if mails := strings.Join(rt.Mails(t, "ann@example.org", got.ID), "\n"); !strings.Contains(mails, want.told) {
			t.Errorf("%q is not in what Ann is told:\n%s", want.told, mails)
		}
	}
	rt.Gateway(t, "correspond", reply(ended.ID, annsMail, genuine, "Confirm"))
	if got := shown(t, s, ended.Key); got.Status != system.ReviewRejected {
		t.Errorf("got %+v", got)
	}
}
