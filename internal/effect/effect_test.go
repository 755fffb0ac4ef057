package effect_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/effect"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
)

var errTarget = &fault.Fault{Kind: fault.ErrUnavailable, Summary: "Unable to Reach Target", Happened: "The target broke.", Advice: "Mend it."}

func fails() error { return errTarget }

// course is what an act is expected to do and to say.
type course struct {
	object func(*object)
	memory func(*memory)
	allow  func(seen) error

	calls  string // of the object, in order
	record string // what was recorded, in order
	done   string // what the act has done
	says   string // the consequence of the error; empty if there is none
	left   seen   // what the object is in the end
}

const (
	bothIntended = "intend 1: disable, end sessions"
	bothDone     = bothIntended + "\nconclude 1: disable done, end sessions done"
	noneDone     = bothIntended + "\nconclude 1: disable not done, end sessions not done"
	halfDone     = bothIntended + "\nconclude 1: disable done, end sessions not done"

	saysNothing  = "Nothing was changed. The account is not disabled. Its sessions are not ended."
	saysHalf     = "The account is disabled. Its sessions are not ended."
	saysUnknown  = "It is not known what was changed: what was done could not be read back. The next run finds out, and goes on from there."
	saysUnkept   = "Nothing was changed: an act that cannot be recorded does not happen."
	saysNotBegun = "Nothing was changed."
)

var courses = map[string]course{
	"everything works": {
		calls: "read disable read end read", record: bothDone, done: "disable, end sessions", left: seen{},
	},
	"nothing is to be done": {
		object: func(l *object) { l.on, l.sessions = false, 0 }, calls: "read", left: seen{},
	},
	"a half is done already": {
		object: func(l *object) { l.on = false },
		calls:  "read end read", record: "intend 1: end sessions\nconclude 1: end sessions done", done: "end sessions", left: seen{},
	},
	"one step does the next as well": {
		object: func(l *object) { l.after["disable 1"] = func() error { l.sessions = 0; return nil } },
		calls:  "read disable read", record: bothDone, done: "disable", left: seen{},
	},
	"the first reading fails": {
		object: func(l *object) { l.before["read 1"] = fails }, calls: "read", says: saysNotBegun, left: seen{true, 2},
	},
	"the object is not as it was planned": {
		allow: func(seen) error { return &fault.Fault{Summary: "s", Happened: "h", Advice: "a"} },
		calls: "read", says: saysNotBegun, left: seen{true, 2},
	},
	"open intents cannot be read": {
		memory: func(m *memory) { m.fails["Open"] = errors.New("locked") }, calls: "read", says: saysUnkept, left: seen{true, 2},
	},
	"the intent cannot be recorded": {
		memory: func(m *memory) { m.fails["Intend"] = errors.New("full") }, calls: "read", says: saysUnkept, left: seen{true, 2},
	},
	"the first step fails": {
		object: func(l *object) { l.before["disable 1"] = fails },
		calls:  "read disable read", record: noneDone, says: saysNothing, left: seen{true, 2},
	},
	"the answer to the first step is lost": {
		object: func(l *object) { l.after["disable 1"] = fails },
		calls:  "read disable read end read", record: bothDone, done: "disable, end sessions", left: seen{},
	},
	"the first step has no effect": {
		object: func(l *object) { l.before["disable 1"] = func() error { return nil } },
		calls:  "read disable read", record: noneDone, says: saysNothing, left: seen{true, 2},
	},
	"the first step is undone by another client": {
		object: func(l *object) { l.after["disable 1"] = func() error { l.on = true; return nil } },
		calls:  "read disable read", record: noneDone, says: saysNothing, left: seen{true, 2},
	},
	"the first step cannot be read back": {
		object: func(l *object) { l.before["read 2"] = fails },
		calls:  "read disable read", record: bothIntended, says: saysUnknown, left: seen{false, 2},
	},
	"the first step fails and cannot be read back": {
		object: func(l *object) { l.before["disable 1"], l.before["read 2"] = fails, fails },
		calls:  "read disable read", record: bothIntended, says: saysUnknown, left: seen{true, 2},
	},
	"the second step fails": {
		object: func(l *object) { l.before["end 1"] = fails },
		calls:  "read disable read end read", record: halfDone, done: "disable", says: saysHalf, left: seen{false, 2},
	},
	"the second step cannot be read back": {
		object: func(l *object) { l.before["read 3"] = fails },
		calls:  "read disable read end read", record: bothIntended, done: "disable", says: "The account is disabled. " + saysUnknown, left: seen{},
	},
	"the second step undoes the first": {
		object: func(l *object) { l.after["end 1"] = func() error { l.on = true; return nil } },
		calls:  "read disable read end read", record: bothIntended + "\nconclude 1: disable not done, end sessions done", done: "disable, end sessions",
		says: "The account is not disabled. Its sessions are ended.", left: seen{true, 0},
	},
	"the outcome cannot be recorded": {
		memory: func(m *memory) { m.fails["Conclude"] = errors.New("full") },
		calls:  "read disable read end read", record: bothIntended, done: "disable, end sessions",
		says: "The account is disabled. Its sessions are ended.", left: seen{},
	},
	"a step fails and the outcome cannot be recorded": {
		object: func(l *object) { l.before["end 1"] = fails },
		memory: func(m *memory) { m.fails["Conclude"] = errors.New("full") },
		calls:  "read disable read end read", record: bothIntended, done: "disable", says: saysHalf, left: seen{false, 2},
	},
}

func TestAnActThatFailsAtEachPoint(t *testing.T) {
	for name, c := range courses {
		t.Run(name, func(t *testing.T) {
			l, m := newObject(), newMemory()
			if c.object != nil {
				c.object(l)
			}
			if c.memory != nil {
				c.memory(m)
			}
			a := l.off()
			a.Allow = c.allow
			r := effect.Do(t.Context(), m, a)
			c.check(t, l, m, &r)
		})
	}
}

func (c *course) check(t *testing.T, l *object, m *memory, r *effect.Result[seen]) {
	t.Helper()
	if got := strings.Join(l.calls, " "); got != c.calls {
		t.Errorf("the calls are %q, want %q", got, c.calls)
	}
	if got := strings.Join(m.lines, "\n"); got != c.record {
		t.Errorf("the record is\n%s\nwant\n%s", got, c.record)
	}
	if got := strings.Join(r.Done, ", "); got != c.done {
		t.Errorf("done is %q, want %q", got, c.done)
	}
	if got := (seen{l.on, l.sessions}); got != c.left {
		t.Errorf("the object is %+v, want %+v", got, c.left)
	}
	if r.Known && r.State != (seen{l.on, l.sessions}) {
		t.Errorf("the result says %+v of a object that is %+v", r.State, c.left)
	}
	var f *fault.Fault
	switch {
	case c.says == "" && r.Err != nil:
		t.Errorf("unexpected error %v", r.Err)
	case c.says != "" && !errors.As(r.Err, &f):
		t.Errorf("got error %v, want a fault", r.Err)
	case c.says != "" && f.Consequence != c.says:
		t.Errorf("the error says %q, want %q", f.Consequence, c.says)
	}
}

// Whatever an act ended with, the next run goes on from there: in the end all is
// done, each step once, and nothing is left open.
func TestTheNextRunGoesOn(t *testing.T) {
	for name, c := range courses {
		t.Run(name, func(t *testing.T) {
			l, m := newObject(), newMemory()
			if c.object != nil {
				c.object(l)
			}
			if c.memory != nil {
				c.memory(m)
			}
			first := effect.Do(t.Context(), m, l.off())
			clear(l.before)
			clear(l.after)
			clear(m.fails)
			on, sessions := l.on, l.sessions
			l.calls = nil
			second := effect.Do(t.Context(), m, l.off())
			if second.Err != nil || l.on || l.sessions != 0 {
				t.Errorf("the object is %v, %d: %v", l.on, l.sessions, second.Err)
			}
			if slices.Contains(l.calls, "disable") != on || slices.Contains(l.calls, "end") != (sessions > 0) {
				t.Errorf("the second run called %v on a object that was %v, %d", l.calls, on, sessions)
			}
			if open, _ := m.Open(t.Context(), "corp", "ann"); len(open) != 0 {
				t.Errorf("these are open: %+v", open)
			}
			wasOpen := len(m.lines) > 0 && first.Err != nil && strings.Contains(strings.Join(m.lines, "\n"), "(interrupted)")
			if wasOpen != (len(second.Found) > 0) {
				t.Errorf("the second run reports %q of\n%s", second.Found, strings.Join(m.lines, "\n"))
			}
		})
	}
}

func TestWithoutARecorderTheOrderIsTheSame(t *testing.T) {
	l := newObject()
	r := effect.Do(t.Context(), nil, l.off())
	if got := strings.Join(l.calls, " "); got != "read disable read end read" || r.Err != nil {
		t.Errorf("%s: %v", got, r.Err)
	}
}

func TestARunThatEndedBeforeAnActDoesNothing(t *testing.T) {
	l, m := newObject(), newMemory()
	ctx, cancel := context.WithCancel(t.Context())
	a := l.off()
	a.Read = func(ctx context.Context) (seen, error) {
		s, err := l.read(ctx)
		cancel()
		return s, err
	}
	r := effect.Do(ctx, m, a)
	if !errors.Is(r.Err, context.Canceled) || len(m.lines) != 0 || !l.on {
		t.Errorf("%v, %q, %v", r.Err, m.lines, l.on)
	}
}

// An interrupt in the middle ends the steps, not the finding out.
func TestARunThatEndsDuringAnActReadsBackAndRecords(t *testing.T) {
	l, m := newObject(), newMemory()
	ctx, cancel := context.WithCancel(t.Context())
	l.after["disable 1"] = func() error { cancel(); return context.Canceled }
	r := effect.Do(ctx, m, l.off())
	c := course{calls: "read disable read read", record: halfDone, done: "disable", says: saysHalf, left: seen{false, 2}}
	c.check(t, l, m, &r)
	if !errors.Is(r.Err, context.Canceled) {
		t.Errorf("got %v", r.Err)
	}
}

// A process that was killed leaves an intent behind. The next run says what became
// of it, whether it plans the act again or none.
func TestWhatAKilledProcessLeft(t *testing.T) {
	for name, c := range map[string]struct {
		on    bool
		steps []string
		want  string
	}{
		"before it acted": {true, []string{"disable", "end sessions"}, "disable (not done), end sessions (not done)"},
		"half way":        {false, []string{"disable", "end sessions"}, "disable (done), end sessions (not done)"},
		"another act":     {true, []string{"enable"}, "enable (done)"},
	} {
		t.Run(name, func(t *testing.T) {
			l, m := newObject(), newMemory()
			l.on = c.on
			if _, err := m.Intend(t.Context(), effect.Intent{System: "corp", Object: "ann", Steps: c.steps}); err != nil {
				t.Fatal(err)
			}
			found, err := effect.Settle(t.Context(), m, l.off())
			if err != nil || len(found) != 1 || !strings.HasSuffix(found[0], `changed "ann" in the system "corp": `+c.want+".") {
				t.Errorf("got %q, %v", found, err)
			}
			if l.on != c.on || l.sessions != 2 {
				t.Error("settling has changed the object")
			}
			if again, err := effect.Settle(t.Context(), m, l.off()); len(again) != 0 || err != nil {
				t.Errorf("it is found again: %q, %v", again, err)
			}
		})
	}
}

func TestSettlingReportsWhatItCannotDo(t *testing.T) {
	l, m := newObject(), newMemory()
	if _, err := m.Intend(t.Context(), effect.Intent{System: "corp", Object: "ann", Steps: []string{"disable"}}); err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{"Open", "Conclude"} {
		m.fails = map[string]error{method: errors.New("full")}
		if _, err := effect.Settle(t.Context(), m, l.off()); !errors.Is(err, fault.ErrUnavailable) {
			t.Errorf("%s fails: got %v", method, err)
		}
	}
	l.before["read 3"] = fails
	if _, err := effect.Settle(t.Context(), m, l.off()); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("the reading fails: got %v", err)
	}
}
