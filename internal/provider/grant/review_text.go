package grant

import (
	"fmt"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// caseTitle is the question in one line.
func (t *transition) caseTitle() string {
	const longest = 120
	g := &t.decision.Grant
	text := []rune(system.Clean("Is " + g.Access + " still needed on " + lifecycle.Called(t.binding.Name, g.Asset.String()) + "?"))
	if len(text) > longest {
		return string(text[:longest-1]) + "…"
	}
	return string(text)
}

// caseText is the text of a case: what is asked, why, what follows, and how to answer,
// for which the queue has its own words.
func (t *transition) caseText(in *lifecycle.Input, howTo []string) string {
	g, a := &t.decision.Grant, t.asking.ask
	out := []string{
		t.caseTitle(), "",
		"Access:      " + system.Clean(g.Access) + " (" + in.Spec.Risk.String() + ")",
		"Asset:       " + t.asset(),
		"Holder:      " + holderText(g),
		"Status:      " + g.Status.String(),
		"Confidence:  " + lifecycle.Hundredths(t.binding.Confidence) + " that the record is right about its owner",
		"", "Why you are asked:",
	}
	for _, s := range value.TextsOf(because(g, t.binding.Name).Elements()) {
		out = append(out, "- "+system.Clean(s))
	}
	out = append(out, "", "What follows:")
	out = append(out, follows(a)...)
	out = append(out, "", "How to answer:", "- Confirm this case if the access is still needed, or reject it if it is not.")
	for _, sentence := range howTo {
		out = append(out, "- "+system.Clean(sentence))
	}
	out = append(out, "- Answer under your own name. The answer counts if you may decide on this access: "+whoMay(in.Policies[0].Authority.Attest, in)+".", "")
	return strings.Join(out, "\n")
}

// follows says what follows from each answer, and from none.
func follows(a *lifecycle.Ask) []string {
	var out []string
	switch {
	case a.DueAt.IsZero():
		out = append(out, "- No answer: nothing changes by itself, and the case stays open.")
	default:
		out = append(out, fmt.Sprintf("- No answer by %s: %s.", a.DueAt.UTC().Format("2006-01-02 15:04 UTC"), then(a.Then)))
	}
	if a.Mend != 0 {
		out = append(out, "- Confirmed: somebody has looked at it, and no one is asked again. That alone does not answer "+
			strings.Join(codeNames(a.Mend), ", ")+": correct the record too.")
	} else {
		out = append(out, "- Confirmed: it counts as an attestation by you, at the time of your answer.")
	}
	return append(out, "- Rejected: the access is revoked with the next run, and stays revoked until somebody attests it anew.")
}

// then says what an action does to the access.
func then(action lifecycle.Action) string {
	switch action {
	case lifecycle.Review:
		return "the recertification becomes a review"
	case lifecycle.Lapse:
		return "nothing is issued or renewed any more, and the access ends with its present credential"
	case lifecycle.Block:
		return "the access is blocked"
	default:
		return "the access is taken away (" + action.String() + ")"
	}
}

func (t *transition) asset() string {
	text := lifecycle.Called(t.binding.Name, t.decision.Grant.Asset.String())
	for _, more := range []string{t.binding.Class, t.binding.Environment, t.binding.Criticality} {
		if more != "" {
			text += ", " + more
		}
	}
	return system.Clean(text)
}

// holderText names the holder of a grant.
func holderText(g *lifecycle.Grant) string {
	if g.Holder == "" {
		return "not known"
	}
	var out []string
	for _, h := range strings.Split(g.Holder, lifecycle.HolderSeparator) {
		name := ""
		for _, n := range g.Names {
			if n.ID == h {
				name = n.Name
			}
		}
		out = append(out, lifecycle.Called(name, h))
	}
	return system.Clean(strings.Join(out, lifecycle.HolderSeparator))
}

// addition is the comment on a case of which the facts have moved.
func (t *transition) addition(in *lifecycle.Input, howTo []string, at time.Time) string {
	return "The facts have changed on " + at.UTC().Format(time.DateOnly) + ". The question is now:\n\n" + t.caseText(in, howTo)
}
