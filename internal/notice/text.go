package notice

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// maxText bounds the text of a notice, in bytes, and maxLine one line of it.
const (
	maxText = 16 << 10
	maxLine = 2 << 10
)

func (q *Question) notice(a *lifecycle.Ahead, mark time.Duration) Notice {
	g, b := q.Grant, q.Binding
	on := a.At.UTC().Format(time.DateOnly)
	asset := lifecycle.Called(b.Name, g.Asset.String())
	subject, what := "", ""
	switch a.Becomes {
	case lifecycle.Keep:
		subject = "Access ends on " + on
		what = fmt.Sprintf("ends on %s: its credential %s expires then, and no other one takes its place.", on, a.Key)
	case lifecycle.Lapse:
		subject = "Access lapses from " + on
		what = fmt.Sprintf("lapses from %s on: its credential is not renewed any more, and works until its own expiry.", on)
	case lifecycle.Revoke:
		subject = "Access is revoked on " + on
		what = fmt.Sprintf("is revoked on %s.", on)
	default:
		subject = "Access is blocked on " + on
		what = fmt.Sprintf("is blocked on %s.", on)
	}
	lines := []string{fmt.Sprintf("The access %q to %s %s", line(g.Access), line(asset), what), ""}
	if a.Asks {
		subject += " unless somebody answers"
		lines = append(lines, "An answer to its review prevents this: an attestation that the access is still needed, or a change of what the review is about.", "")
	} else {
		lines = append(lines, "It does not come to this if the facts behind it change before.", "")
	}
	if len(g.Reasons) > 0 {
		lines = append(lines, "What has been decided so far:", "")
		for _, r := range g.Reasons {
			lines = append(lines, "- "+r.Code.String()+": "+line(r.Message))
		}
		lines = append(lines, "")
	}
	lines = append(lines, "Grant: "+line(g.ID()))
	if b.Holder != "" {
		lines = append(lines, "Holder: "+line(b.Holder))
	}
	lines = append(lines, "", "This was sent by custody, because the access was planned with it. Each notice is sent once.")
	return Notice{
		Name: name(line(g.ID()), a, mark), Grant: g.ID(), To: Responsible(b, a.Asks), EndsAt: a.At, Asks: a.Asks,
		Subject: cut(subject+": "+line(g.Access)+", "+line(asset), 200), Text: cut(strings.Join(lines, "\n"), maxText) + "\n",
	}
}

// Responsible returns the keys of those who have to act on an end. Where an answer is
// waited for, that is who reviews: the proposed successor, the holder's manager, the
// lifecycle owner of the class. Otherwise it is the holder while present, and those if
// not.
func Responsible(b *lifecycle.Binding, asks bool) []string {
	present := b.OwnerStatus == lifecycle.PersonActive || b.OwnerStatus == lifecycle.PersonLeaving
	if !asks && b.Holder != "" && present {
		return strings.Split(b.Holder, lifecycle.HolderSeparator)
	}
	for _, key := range []string{b.Successor, b.Manager, b.LifecycleOwner} {
		if key != "" {
			return []string{key}
		}
	}
	if b.Holder != "" && present {
		return strings.Split(b.Holder, lifecycle.HolderSeparator)
	}
	return nil
}

// line returns a text from outside as a part of one line.
func line(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) || strings.ContainsRune(text, unicode.ReplacementChar) {
		text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }), " ")
	}
	return cut(text, maxLine)
}

// cut shortens a text to so many bytes, at the end of a character.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	const mark = "…"
	return strings.ToValidUTF8(text[:most-len(mark)], "") + mark
}
