package systemtest

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// Encodings returns a secret in the encodings in which a server may repeat it,
// by their names.
func Encodings(secret string) map[string]string {
	each := func(format string) string {
		var b strings.Builder
		for _, r := range secret {
			fmt.Fprintf(&b, format, r)
		}
		return b.String()
	}
	slashes := strings.ReplaceAll(secret, "/", `\/`)
	return map[string]string{
		"plain": secret, "lower case": strings.ToLower(secret), "upper case": strings.ToUpper(secret),
		"JSON slashes": slashes, "JSON escapes": each(`\u%04x`), "JSON escapes in upper case": each(`\u%04X`), "C escapes": each(`\x%02x`), "octal": each(`\%03o`),
		"HTML": html.EscapeString(secret), "HTML decimal": each("&#%d;"), "HTML hexadecimal": each("&#x%x;"), "HTML slashes": strings.ReplaceAll(secret, "/", "&sol;"),
		"URL query": url.QueryEscape(secret), "URL path": url.PathEscape(secret), "URL all": each("%%%02X"), "URL twice": url.QueryEscape(url.QueryEscape(secret)),
		"mail": each("=%02X"), "hexadecimal": hex.EncodeToString([]byte(secret)), "spaced": each("%c "), "JSON in HTML": html.EscapeString(slashes + `"`),
		"base64": base64.StdEncoding.EncodeToString([]byte(secret)), "base64 for URLs": base64.RawURLEncoding.EncodeToString([]byte(secret)),
		"base64 inside": base64.StdEncoding.EncodeToString([]byte("u:" + secret + ":p")), "base64 further inside": base64.StdEncoding.EncodeToString([]byte("us:" + secret)),
		"first half": secret[:(len(secret)+1)/2], "Go": fmt.Sprintf("%+q", secret),
	}
}

// UnknownEncodings returns a secret in encodings that are not decoded. They stay secret
// only if the text of a server is not shown at all.
func UnknownEncodings(secret string) map[string]string {
	reversed := []rune(secret)
	for i, j := 0, len(reversed)-1; i < j; i, j = i+1, j-1 {
		reversed[i], reversed[j] = reversed[j], reversed[i]
	}
	return map[string]string{
		"reversed": string(reversed), "base32": base32.StdEncoding.EncodeToString([]byte(secret)),
		"shifted": strings.Map(func(r rune) rune { return r + 1 }, secret),
	}
}

// WantHidden checks that a text shows a secret in no encoding.
func WantHidden(t testing.TB, where, text, secret string) {
	t.Helper()
	for _, all := range []map[string]string{Encodings(secret), UnknownEncodings(secret)} {
		for name, form := range all {
			if strings.Contains(text, form) {
				t.Errorf("%s: the secret is shown (%s): %.500q", where, name, text)
			}
		}
	}
}

// echoServer repeats a text with a status, in every part of an answer.
type echoServer struct {
	status int
	said   string
}

func (p *echoServer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	text, err := json.Marshal(p.said)
	if err != nil {
		panic(err) // a text can always be written
	}
	oneLine := strings.NewReplacer("\r", " ", "\n", " ").Replace(p.said)
	for _, name := range []string{"WWW-Authenticate", "Content-Type", "Retry-After", "Link", "Content-Range", "X-Error"} {
		w.Header().Set(name, oneLine)
	}
	if p.status < 400 {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Del("Retry-After")
	}
	w.WriteHeader(p.status)
	_, _ = fmt.Fprintf(w, `{"status": "error", "message": %[1]s, "messages": %[1]s, "detail": %[1]s, "scimType": %[1]s, "error": {"message": %[1]s, "detail": %[1]s},
		"errors": [{"code": %[1]s}], "id": %[1]s, "total": %[1]s, "totalResults": 1, "Resources": [{"id": %[1]s, "userName": %[1]s}], "rows": [%[1]s],
		"result": [{"sys_id": %[1]s}], "results": [{"id": %[1]s}], "count": %[1]s, "items": [{"id": %[1]s}], "session_token": %[1]s, "access_token": %[1]s}`, text)
}

// Secrecy checks that a kind of system shows its secret in no message, whatever
// the server says. open returns a system at an address that has the secret.
func Secrecy(t *testing.T, secret string, open func(t *testing.T, address string) system.System) {
	t.Helper()
	heard := &echoServer{}
	address := ServeHTTP(t, heard)
	try := func(address, name, said string) {
		all := errorsOf(t, open(t, address))
		if len(all) == 0 && heard.status >= 400 {
			t.Errorf("%s: there is no error at all", name)
		}
		for _, err := range all {
			var f *fault.Fault
			if text := err.Error(); errors.As(err, &f) {
				WantHidden(t, name, text+f.Detail(), secret)
			}
			if said != "" && strings.Contains(err.Error(), said) {
				t.Errorf("%s: %q is shown: %v", name, said, err)
			}
		}
	}
	for name, form := range UnknownEncodings(secret) {
		heard.said = form
		for _, heard.status = range []int{400, 401, 403, 404, 405, 429, 500, 503} {
			try(address, fmt.Sprintf("%s with status %d", name, heard.status), form)
		}
	}
	for name, form := range Encodings(secret) {
		heard.said = form
		for _, heard.status = range []int{200, 401, 404, 503} {
			try(address, fmt.Sprintf("%s with status %d", name, heard.status), form)
		}
		malformed := ServeTCP(t, func(c net.Conn) {
			_, _ = c.Read(make([]byte, 1<<16))
			_, _ = io.WriteString(c, "HTTP/1.1 "+form+"\r\n\r\n")
			_ = c.Close()
		})
		try("http://"+malformed, name+" in a malformed answer", form)
	}
}

// errorsOf asks a system for everything and returns the errors.
func errorsOf(t *testing.T, s system.System) []error {
	t.Helper()
	var all []error
	keep := func(err error) {
		if err != nil {
			all = append(all, err)
		}
	}
	if assets, ok := system.AsAssets(s); ok {
		for _, id := range []string{"17", "component:default/billing"} {
			_, err := assets.Asset(t.Context(), id)
			keep(err)
		}
		for _, err := range assets.Assets(t.Context()) {
			keep(err)
		}
	}
	if people, ok := system.AsPeople(s); ok {
		_, err := people.Person(t.Context(), "ann@example.org")
		keep(err)
	}
	if tasks, ok := system.AsTasks(s); ok {
		_, err := tasks.Tasks(t.Context(), "17")
		keep(err)
	}
	if accounts, ok := system.AsAccounts(s); ok {
		_, err := accounts.Account(t.Context(), "ann")
		keep(err)
	}
	if reviews, ok := system.AsReviews(s); ok {
		_, err := reviews.Review(t.Context(), "k")
		keep(err)
		c, r := system.Case{Key: "k", Reviewer: system.Reviewer{User: "ann", Email: "ann@example.org"}}, &system.Review{ID: "17", Key: "k", Status: system.ReviewOpen}
		keep(reviews.OpenReview(t.Context(), c))
		keep(reviews.AssignReview(t.Context(), r, c))
		keep(reviews.CommentReview(t.Context(), r, "A comment."))
		keep(reviews.WithdrawReview(t.Context(), r.ID, "No more."))
	}
	return all
}
