package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

func (l layer) enforcement(own []Enforcement) {
	if len(own) == 0 {
		return
	}
	out := make([]lifecycle.Enforcement, 0, len(own)+len(l.rules.Enforcement))
	for i := range own {
		at, in := l.in("enforcement", i), own[i]
		var e lifecycle.Enforcement
		e.Class, _ = className(at.in("class"), in.Class)
		e.Risk, _ = choice(at.in("risk"), in.Risk, "Unknown Risk", lifecycle.ParseRisk)
		e.Environment, _ = text(at.in("environment"), in.Environment)
		mode, ok := requiredChoice(at.in("mode"), in.Mode, "Unknown Mode", lifecycle.ParseMode, lifecycle.Modes())
		e.Mode = mode
		if in.EnforceFrom != nil {
			e.From = instant(at.in("enforce_from"), *in.EnforceFrom)
			if ok && mode != lifecycle.Observe {
				at.in("enforce_from").report("Meaningless Date", "enforce_from says when observing ends, so the mode of the entry must be observe.")
			}
		}
		if j := slices.IndexFunc(out, func(f lifecycle.Enforcement) bool { return covers(f, e) }); j >= 0 {
			at.report("Unreachable Enforcement", fmt.Sprintf("The first entry that matches holds, and enforcement[%d] comes first and matches "+
				"everything that this one matches; move this one up or remove it.", j))
		}
		out = append(out, e)
	}
	l.rules.Enforcement = append(out, l.rules.Enforcement...)
}

func covers(f, e lifecycle.Enforcement) bool {
	selects := func(a, b string) bool {
		return a == "" || strings.EqualFold(a, b) || lifecycle.Matches(strings.ToLower(a), strings.ToLower(b))
	}
	return (f.Risk == nil || e.Risk != nil && *f.Risk == *e.Risk) && selects(f.Class, e.Class) && selects(f.Environment, e.Environment)
}

// instant reads a date, which stands for its first instant in UTC, or a timestamp.
func instant(at reporter, s string) time.Time {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	at.report("Invalid Date", strconv.Quote(s)+" is not a date; accepted: a date such as 2026-03-01, which means the start of that day in UTC, or an RFC 3339 timestamp.")
	return time.Time{}
}

func (l layer) authority(at reporter, a *Authority) {
	if a == nil {
		return
	}
	if a.Trust != nil {
		l.rules.Authority.Trust = *a.Trust
	}
	l.rules.Authority.Attest = append(l.authorizations(at.in("attest"), a.Attest), l.rules.Authority.Attest...)
	l.rules.Authority.Except = append(l.authorizations(at.in("except"), a.Except), l.rules.Authority.Except...)
}

func (l layer) authorizations(at reporter, own []Authorization) []lifecycle.Authorization {
	var out []lifecycle.Authorization
	for i := range own {
		at, in := at.in(i), own[i]
		var e lifecycle.Authorization
		e.Risk, _ = choice(at.in("risk"), in.Risk, "Unknown Risk", lifecycle.ParseRisk)
		e.BoundTo, _ = choice(at.in("bound_to"), in.BoundTo, "Unknown Column", lifecycle.ParseColumn)
		e.Class, _ = className(at.in("class"), in.Class)
		if len(in.Who) == 0 {
			at.in("who").report("Missing Value", "The entry does not say who may; accepted: "+whoAccepted+".")
		}
		for j, who := range in.Who {
			who = strings.TrimSpace(who)
			if who == "" || who == lifecycle.ByTeam {
				at.in("who").in(j).report("Empty Value", "The entry names nobody; accepted: "+whoAccepted+".")
			}
			e.Who = append(e.Who, who)
		}
		out = append(out, e)
	}
	return out
}

const whoAccepted = lifecycle.ByOwner + ", " + lifecycle.ByManager + ", " + lifecycle.ByLifecycleOwner + ", " + lifecycle.ByTeam + "<key of a team>, or the key of a person"

func (l layer) frameworks(_ reporter, names []string) {
	if names != nil {
		l.rules.Frameworks = slices.Clone(names)
	}
}
