package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/controls"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// enforcement reads for which grants the policy is enforced.
func (l layer) enforcement(own []Enforcement) {
	var read entries[lifecycle.Enforcement]
	for i := range own {
		at := l.in("enforcement", i)
		e, ok := enforcement(at, own[i])
		if !ok {
			continue
		}
		read.add(at, i, e, func(f lifecycle.Enforcement) bool { return enforcementCovers(&f, &e) })
	}
	l.rules.Enforcement = append(read.list, l.rules.Enforcement...)
}

// enforcement reads one entry. It reports false if the entry cannot be compared with
// others.
func enforcement(at reporter, in Enforcement) (lifecycle.Enforcement, bool) {
	class, ok1 := word(at.in("class"), in.Class)
	risk, ok2 := choice(at.in("risk"), in.Risk, "Unknown Risk", lifecycle.ParseRisk)
	environment, ok3 := word(at.in("environment"), in.Environment)
	mode, known := requiredChoice(at.in("mode"), in.Mode, "Unknown Mode", lifecycle.ParseMode, lifecycle.Modes())
	out := lifecycle.Enforcement{Class: class, Risk: risk, Environment: environment, Mode: mode}
	if in.EnforceFrom != nil {
		out.From = instant(at.in("enforce_from"), *in.EnforceFrom)
		if known && mode != lifecycle.Observe {
			at.in("enforce_from").report("Meaningless Date", "enforce_from says when observing ends, so the mode of the entry must be observe.")
		}
	}
	return out, ok1 && ok2 && ok3
}

// enforcementCovers reports whether the entry f matches everything that e matches.
func enforcementCovers(f, e *lifecycle.Enforcement) bool {
	return holds(f.Risk, e.Risk) && covers(f.Class, e.Class) && covers(f.Environment, e.Environment)
}

// instant reads a date, which means its first instant in UTC, or a timestamp.
func instant(at reporter, s string) time.Time {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	at.report("Invalid Date", strconv.Quote(s)+" is not a date; accepted: a date such as 2026-03-01, which means the start of that day in UTC, or an RFC 3339 timestamp.")
	return time.Time{}
}

// authority reads who may attest and who may approve exceptions.
func (l layer) authority(at reporter, a *Authority) {
	if a == nil {
		return
	}
	if a.Trust != nil {
		l.rules.Authority.Trust = *a.Trust
		if *a.Trust && len(a.Attest)+len(a.Except) > 0 {
			at.in("trust").report("Meaningless Lists", "trust accepts every name without a look-up, so attest and except have no effect; state one or the other.")
		}
	}
	l.rules.Authority.Attest = append(authorizations(at.in("attest"), a.Attest), l.rules.Authority.Attest...)
	l.rules.Authority.Except = append(authorizations(at.in("except"), a.Except), l.rules.Authority.Except...)
}

func authorizations(at reporter, own []Authorization) []lifecycle.Authorization {
	var read entries[lifecycle.Authorization]
	for i := range own {
		e, ok := authorization(at.in(i), own[i])
		if !ok {
			continue
		}
		read.add(at.in(i), i, e, func(f lifecycle.Authorization) bool { return authorizationCovers(&f, &e) })
	}
	return read.list
}

// authorization reads one entry. It reports false if the entry cannot be compared
// with others.
func authorization(at reporter, in Authorization) (lifecycle.Authorization, bool) {
	risk, ok1 := choice(at.in("risk"), in.Risk, "Unknown Risk", lifecycle.ParseRisk)
	boundTo, ok2 := choice(at.in("bound_to"), in.BoundTo, "Unknown Column", lifecycle.ParseColumn)
	class, ok3 := word(at.in("class"), in.Class)
	out := lifecycle.Authorization{Risk: risk, BoundTo: boundTo, Class: class}
	if len(in.Who) == 0 {
		at.in("who").report("Missing Value", "The entry does not say who may; accepted: "+whoAccepted+".")
	}
	for j, written := range in.Who {
		who, ok := namedParty(written)
		if !ok {
			at.in("who", j).report("Empty Value", strconv.Quote(written)+" names neither a person nor a team; accepted: "+whoAccepted+".")
		}
		out.Who = append(out.Who, who)
	}
	return out, ok1 && ok2 && ok3
}

// authorizationCovers reports whether the entry f matches everything that e matches.
func authorizationCovers(f, e *lifecycle.Authorization) bool {
	return holds(f.Risk, e.Risk) && holds(f.BoundTo, e.BoundTo) && covers(f.Class, e.Class)
}

// namedParty returns the party in an entry in its canonical spelling. It reports false
// if the text names none.
func namedParty(written string) (who string, ok bool) {
	who = strings.TrimSpace(written)
	word := fold(who)
	if slices.Contains([]string{lifecycle.ByOwner, lifecycle.ByManager, lifecycle.ByLifecycleOwner}, word) {
		return word, true
	}
	if strings.HasPrefix(word, lifecycle.ByTeam) {
		team := strings.TrimSpace(who[len(lifecycle.ByTeam):])
		return lifecycle.ByTeam + team, team != ""
	}
	return who, who != ""
}

const whoAccepted = lifecycle.ByOwner + ", " + lifecycle.ByManager + ", " + lifecycle.ByLifecycleOwner + ", " + lifecycle.ByTeam + "<key of a team>, or the key of a person"

// frameworks reads the catalogues of controls that evidence names.
func (l layer) frameworks(at reporter, names []string) {
	if names == nil {
		return
	}
	chosen := make([]string, 0, len(names))
	for i, name := range names {
		switch {
		case !slices.Contains(controls.Frameworks(), name):
			at.in(i).report("Unknown Framework", fmt.Sprintf("%s is not a catalogue of controls that this provider has; accepted: %s.",
				strconv.Quote(name), strings.Join(controls.Frameworks(), ", ")))
		case slices.Contains(chosen, name):
			at.in(i).report("Repeated Framework", fmt.Sprintf("The framework %s is named twice; state it once.", strconv.Quote(name)))
		default:
			chosen = append(chosen, name)
		}
	}
	l.rules.Frameworks = chosen
}
