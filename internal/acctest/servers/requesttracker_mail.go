package servers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// AnswerByMail inserts the file with which an administrator lets people answer reviews by
// mail, once.
func (rt *RequestTracker) AnswerByMail(t testing.TB) {
	t.Helper()
	rt.byMail.Do(func() {
		setup := RequireProgram(t, requestTracker, "rt-setup-database-5", "/usr/sbin/rt-setup-database-5")
		file := filepath.Join(checkout, "examples", "reviews", "request-tracker", "mail.pl")
		if _, err := Do(context.Background(), rt.dir, rt.env, setup, "--action", "insert", "--datafile", file); err != nil {
			t.Fatal(err)
		}
	})
}

// Gateway gives a mail to the mail gateway as rt-mailgate does, and reports whether it was
// accepted.
func (rt *RequestTracker) Gateway(t testing.TB, action, message string) bool {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	var err error
	for name, text := range map[string]string{"queue": "Access Review", "action": action, "message": message} {
		err = errors.Join(err, w.WriteField(name, text))
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, rt.URL+"/REST/1.0/NoAuth/mail-gateway", &body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it is read to its end
	said, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !bytes.HasPrefix(said, []byte("ok")) && !bytes.HasPrefix(said, []byte("not ok")) {
		t.Fatalf("the mail gateway answers %d: %s, %v", resp.StatusCode, said, err)
	}
	return bytes.HasPrefix(said, []byte("ok"))
}

// Mailgate gives a mail to the program that a mail server calls.
func (rt *RequestTracker) Mailgate(t testing.TB, message string) {
	t.Helper()
	program := RequireProgram(t, requestTracker, "rt-mailgate-5")
	cmd := exec.CommandContext(context.Background(), program, "--queue", "Access Review", "--action", "correspond", "--url", rt.URL)
	cmd.Stdin = strings.NewReader(message)
	cmd.Env = append(os.Environ(), rt.env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// Mails returns the texts of the mails that Request Tracker has sent to an address about a
// ticket, in no certain order.
func (rt *RequestTracker) Mails(t testing.TB, to, ticket string) []string {
	t.Helper()
	files, err := filepath.Glob(rt.dir + "/mail/*.mbox")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, path := range files {
		all, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		// A line of a mail that begins like this has a ">" before it.
		for _, raw := range bytes.Split(append([]byte("\n"), all...), []byte("\nFrom "))[1:] {
			_, raw, _ = bytes.Cut(raw, []byte("\n"))
			if text, ok := mailTo(t, raw, to, ticket); ok {
				out = append(out, text)
			}
		}
	}
	return out
}

// mailTo returns the text of a mail, if it is to an address and about a ticket.
func mailTo(t testing.TB, raw []byte, to, ticket string) (string, bool) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	list, err := mail.ParseAddressList(m.Header.Get("To"))
	named := slices.ContainsFunc(list, func(a *mail.Address) bool { return a.Address == to })
	if err != nil || !named || !strings.Contains(m.Header.Get("Subject"), fmt.Sprintf("#%s]", ticket)) {
		return "", false // such as "undisclosed recipients"
	}
	return textOf(t, m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body), true
}

// textOf returns the parts of a mail that are text.
func textOf(t testing.TB, contentType, encoding string, body io.Reader) string {
	t.Helper()
	kind, args, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(kind, "multipart/") {
		if strings.EqualFold(encoding, "quoted-printable") {
			body = quotedprintable.NewReader(body)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	var all strings.Builder
	for parts := multipart.NewReader(body, args["boundary"]); ; {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return all.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(textOf(t, part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part) + "\n")
	}
}

// Allow gives a user rights in the queue Access Review.
func (rt *RequestTracker) Allow(t testing.TB, user string, rights ...string) {
	t.Helper()
	rt.perl(t, `my $queue = RT::Queue->new(RT->SystemUser); $queue->Load('Access Review');
my $user = RT::User->new(RT->SystemUser); $user->Load(shift @ARGV);
for my $right (@ARGV) { my ($ok, $why) = $user->PrincipalObj->GrantRight(Object => $queue, Right => $right); die "$right: $why" unless $ok }`,
		append([]string{user}, rights...)...)
}
