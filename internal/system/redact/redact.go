// Package redact keeps credentials out of what a user reads.
//
// A server that refuses a request may repeat a credential in any encoding:
// escaped for JSON or HTML, in base64, in lower case. Removing the credential
// from such a text works only for known encodings. So there are two rules. The
// free text of a server's error is never shown: kinds show codes that they know.
// Other texts from a server, such as a name that contradicts another, are shown
// only if no part of a credential can be read in them (Secrets.Text).
package redact

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"sync"
	"unicode"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// Withheld stands for a text that is not shown.
const Withheld = "(not shown: it may repeat a credential)"

const (
	// window is how many consecutive letters and digits of a credential count as
	// showing it.
	window = 8
	// shortest is the length of the shortest text that is treated as a secret: a
	// shorter text occurs by chance.
	shortest = 4
)

// Secrets is a set of texts of which nothing may be shown. The zero value is
// empty and ready for use, and it is safe for concurrent use.
type Secrets struct {
	mu     sync.RWMutex
	parts  map[string]struct{} // of length window, reduced
	whole  []string            // reduced; shorter than window, or names
	marked []string            // with few letters and digits, folded
}

// Add adds secrets: tokens, passwords and what is derived from them.
func (s *Secrets) Add(secrets ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range secrets {
		if len(secret) < shortest {
			continue
		}
		s.addForm(secret)
		raw := []byte(secret)
		s.addForm(hex.EncodeToString(raw))
		// The position of a secret inside a longer text decides how it is split into
		// groups of three bytes; the groups at its ends also encode the text around it.
		for skip := 0; skip < 3 && skip < len(raw); skip++ {
			middle := raw[skip:]
			if middle = middle[:len(middle)/3*3]; len(middle) >= 6 {
				s.addForm(base64.StdEncoding.EncodeToString(middle))
			}
		}
	}
}

// AddName adds a user name that was given as a secret. Parts of it may be shown:
// they are ordinary words.
func (s *Secrets) AddName(name string) {
	const shortestName = 6
	s.mu.Lock()
	defer s.mu.Unlock()
	if reduced := reduce(name); len(reduced) >= shortestName {
		s.whole = append(s.whole, reduced)
	}
}

func (s *Secrets) addForm(form string) {
	reduced := reduce(form)
	switch {
	case len(reduced) >= window:
		if s.parts == nil {
			s.parts = make(map[string]struct{})
		}
		for i := 0; i+window <= len(reduced); i++ {
			s.parts[reduced[i:i+window]] = struct{}{}
		}
	case len(reduced) >= shortest:
		s.whole = append(s.whole, reduced)
	}
	if len(reduced) < window {
		s.marked = append(s.marked, system.Fold(form))
	}
}

// Text returns the beginning of a text from outside, without hidden characters,
// or Withheld if a part of a secret can be read in it.
func (s *Secrets) Text(text string, most int) string {
	text = Clean(text, most)
	if s.Repeats(text) {
		return Withheld
	}
	return text
}

// Repeats reports whether a part of a secret can be read in a text, in any case
// and any known encoding.
func (s *Secrets) Repeats(text string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, reading := range readings(text) {
		if s.in(reading) {
			return true
		}
	}
	return false
}

func (s *Secrets) in(reading string) bool {
	reduced := reduce(reading)
	for i := 0; i+window <= len(reduced); i++ {
		if _, ok := s.parts[reduced[i:i+window]]; ok {
			return true
		}
	}
	for _, w := range s.whole {
		if strings.Contains(reduced, w) {
			return true
		}
	}
	folded := system.Fold(reading)
	for _, m := range s.marked {
		if strings.Contains(folded, m) {
			return true
		}
	}
	return false
}

// reduce keeps the letters and digits of a text, in lower case. Encodings
// mostly change what separates them.
func reduce(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// Clean returns the beginning of s without hidden characters.
func Clean(s string, most int) string {
	s = system.Clean(strings.ToValidUTF8(s, "\uFFFD"))
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	return s
}
