package effect_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/effect"
)

// memory is a recorder that keeps everything in order, as lines.
type memory struct {
	intents  []effect.Intent
	outcomes map[string][]effect.Outcome
	lines    []string
	fails    map[string]error // by the name of the method
}

func newMemory() *memory {
	return &memory{outcomes: make(map[string][]effect.Outcome), fails: make(map[string]error)}
}

func (m *memory) Open(_ context.Context, system, object string) ([]effect.Intent, error) {
	var out []effect.Intent
	for _, i := range m.intents {
		if i.System == system && i.Object == object && len(m.outcomes[i.ID]) == 0 {
			out = append(out, i)
		}
	}
	return out, m.fails["Open"]
}

func (m *memory) Intend(_ context.Context, i effect.Intent) (string, error) {
	if err := m.fails["Intend"]; err != nil {
		return "", err
	}
	i.ID = strconv.Itoa(len(m.intents) + 1)
	m.intents = append(m.intents, i)
	m.lines = append(m.lines, fmt.Sprintf("intend %s: %s", i.ID, strings.Join(i.Steps, ", ")))
	return i.ID, nil
}

func (m *memory) Conclude(ctx context.Context, id string, o effect.Outcome) error {
	if err := errors.Join(ctx.Err(), m.fails["Conclude"]); err != nil {
		return err
	}
	m.outcomes[id] = append(m.outcomes[id], o)
	var steps []string
	for name, v := range o.Steps {
		steps = append(steps, fmt.Sprintf("%s %s", name, v))
	}
	slices.Sort(steps)
	line := fmt.Sprintf("conclude %s: %s", id, strings.Join(steps, ", "))
	if o.Interrupted {
		line += " (interrupted)"
	}
	m.lines = append(m.lines, line)
	return nil
}

// object is an object with a switch and open sessions. Each call can be made to fail.
type object struct {
	on       bool
	sessions int
	calls    []string
	before   map[string]func() error // called instead of the call, by its name and number: "read 2"
	after    map[string]func() error // called once the call is done
	counts   map[string]int
}

type seen struct {
	on       bool
	sessions int
}

func newObject() *object {
	return &object{on: true, sessions: 2, before: map[string]func() error{}, after: map[string]func() error{}, counts: map[string]int{}}
}

// call does something unless it is made to fail.
func (l *object) call(name string, do func()) error {
	l.counts[name]++
	l.calls = append(l.calls, name)
	name = fmt.Sprintf("%s %d", name, l.counts[name])
	if f := l.before[name]; f != nil {
		return f()
	}
	do()
	if f := l.after[name]; f != nil {
		return f()
	}
	return nil
}

func (l *object) read(ctx context.Context) (seen, error) {
	var s seen
	err := l.call("read", func() { s = seen{l.on, l.sessions} })
	return s, errors.Join(err, ctx.Err())
}

// off is the act that switches the object off and ends its sessions.
func (l *object) off() effect.Act[seen] {
	return effect.Act[seen]{
		System: "corp", Object: "ann", Because: "owner.left", Read: l.read,
		Shows: func(s seen, step string) bool {
			switch step {
			case "disable":
				return !s.on
			case "enable":
				return s.on
			}
			return s.sessions == 0
		},
		Steps: []effect.Step[seen]{
			{
				Name: "disable", Yes: "The account is disabled.", No: "The account is not disabled.",
				Do: func(context.Context, seen) error { return l.call("disable", func() { l.on = false }) },
			},
			{
				Name: "end sessions", Yes: "Its sessions are ended.", No: "Its sessions are not ended.",
				Do: func(context.Context, seen) error { return l.call("end", func() { l.sessions = 0 }) },
			},
		},
	}
}
