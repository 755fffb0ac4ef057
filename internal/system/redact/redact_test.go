package redact_test

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/custodyhq/terraform-provider-custody/internal/system/redact"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

const canary = "Canary-7f3a/+=<&token>"

func TestNoEncodingOfASecretIsShown(t *testing.T) {
	for _, secret := range []string{canary, "1-7-" + strings.Repeat("0123456789abcdef", 4), "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "pässwörd/ÄÖ", "!#$%&/()=?"} {
		var s redact.Secrets
		s.Add(secret)
		for name, form := range systemtest.Encodings(secret) {
			if name == "octal" && strings.Contains(secret, "ä") || name == "spaced" && strings.HasPrefix(secret, "!") ||
				strings.HasPrefix(name, "C ") || name == "mail" || name == "URL all" || name == "first half" && len(secret) < 22 {
				continue // no such encoding of these, or too short to be told from chance
			}
			for _, text := range []string{form, "it says: " + form + ".", "a" + form + "b"} {
				if got := s.Text(text, 4000); got != redact.Withheld {
					t.Errorf("%s of %q: %q is shown", name, secret, got)
				}
			}
		}
	}
}

func TestOtherTextIsShown(t *testing.T) {
	var s redact.Secrets
	s.Add(canary, "abc", "")
	s.AddName("reader")
	s.AddName("io")
	for text, want := range map[string]string{
		"the state \"in use\" is not mapped": "the state \"in use\" is not mapped", "abc": "abc", "canary": "canary", "": "",
		"an io error": "an io error", "a\u202eb": "a\uFFFDb", "12345678901": "1234567890…", "the user READER": redact.Withheld, "only \\u0072eader": redact.Withheld,
	} {
		most := 40
		if strings.HasPrefix(text, "123") {
			most = 10
		}
		if got := s.Text(text, most); got != want {
			t.Errorf("%q gives %q, not %q", text, got, want)
		}
	}
}

// A text is cut before it is looked at: what is shown is what was checked.
func TestTextIsCutBeforeItIsChecked(t *testing.T) {
	var s redact.Secrets
	s.Add(canary)
	if got := s.Text("0123456789"+canary, 10); got != "0123456789…" {
		t.Errorf("got %q", got)
	}
}

func TestLocalDropsServerText(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}, Err: syscall.ECONNREFUSED}
	for want, err := range map[string]error{
		"dial tcp 127.0.0.1:9: connection refused": fmt.Errorf("the server said %s: %w", canary, refused),
		"unexpected EOF":                  fmt.Errorf("%s: %w", canary, io.ErrUnexpectedEOF),
		"":                                errors.New("malformed HTTP status code " + canary),
		"lookup db.invalid: no such host": &net.OpError{Op: canary, Err: &net.DNSError{Err: "no such host", Name: "db.invalid", IsNotFound: true}},
		"x509: certificate signed by unknown authority":                                 fmt.Errorf("%s: %w", canary, x509.UnknownAuthorityError{}),
		"x509: cannot verify signature: insecure algorithm " + x509.MD5WithRSA.String(): x509.InsecureAlgorithmError(x509.MD5WithRSA),
	} {
		if got := redact.Local(err); got != want {
			t.Errorf("%q gives %q, not %q", err, got, want)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add(canary, `\u0043`)
	f.Add("\x99\x9900", "\xeb") // together the letters of another text
	f.Fuzz(func(t *testing.T, secret, text string) {
		if !utf8.ValidString(secret) {
			return // no configuration can hold it, and its bytes may end any letter
		}
		var s redact.Secrets
		s.Add(secret)
		if got := s.Text(text+secret, 1000); len(secret) >= 4 && strings.Contains(got, secret) && got != redact.Withheld {
			t.Errorf("%q shows %q", got, secret)
		}
	})
}
