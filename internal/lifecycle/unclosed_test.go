package lifecycle

import (
	"strings"
	"testing"
)

// A link comes from outside, and stands in a plan.
func TestLinks(t *testing.T) {
	for address, want := range map[string]string{
		"https://tasks.example.org/1001":         " (https://tasks.example.org/1001)",
		"http://127.0.0.1:8080/Ticket?id=1#t":    " (http://127.0.0.1:8080/Ticket?id=1#t)",
		"https://example.org/a@b":                " (https://example.org/a@b)",
		"":                                       "",
		"javascript:alert(1)":                    "",
		"file:///etc/passwd":                     "",
		"https://":                               "",
		"https:///path":                          "",
		"https://user:secret@example.org/":       "",
		"https://example.org?next=@":             "",
		"https://example.org\\@evil.example":     "",
		"https://example.org/\x1b[2J":            "",
		"https://example.org/two words":          "",
		"https://example.org/\u202egnp":          "",
		"https://a.example/" + long(maxLink):     "",
		"HTTPS://EXAMPLE.ORG/1":                  "",
		"https://example.org/zeilen\numbruch":    "",
		"https://xn--bcher-kva.example/ticket/7": " (https://xn--bcher-kva.example/ticket/7)",
	} {
		if got := link(address); got != want {
			t.Errorf("%q is shown as %q, not %q", address, got, want)
		}
	}
}

func long(n int) string { return strings.Repeat("a", n) }

// A sentence names a few tasks.
func TestManyTasks(t *testing.T) {
	b := &Binding{TaskKinds: []TaskKind{TaskOffboarding}}
	for range 40 {
		b.Tasks = append(b.Tasks, Task{ID: "T", Kind: TaskOffboarding})
	}
	e := evaluation{binding: b}
	got := e.tasksOf([]TaskKind{TaskOffboarding})
	if len(got) != maxTasks+1 || got[maxTasks] != "37 more" {
		t.Errorf("named are %q", got)
	}
}
