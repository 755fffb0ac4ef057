package lifecycle_test

import (
	"cmp"
	"testing"

	. "github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// answered is what a review queue says in one run of a case.
type answered struct {
	Confirmed, Rejected *struct {
		By, Note string
		At       date
	}
	Departed []string // who was asked and has left
	Unheard  bool     // the queue cannot be asked
}

// over gives the input what the queue says.
func (a *answered) over(in *Input) {
	in.Confirmation, in.Rejection, in.Departed, in.Unheard = nil, nil, a.Departed, a.Unheard
	if c := a.Confirmed; c != nil {
		in.Confirmation = &Attestation{By: cmp.Or(c.By, "corp/mia"), At: c.At.Time, Note: cmp.Or(c.Note, "case 1")}
	}
	if r := a.Rejected; r != nil {
		in.Rejection = &Rejection{By: cmp.Or(r.By, "corp/mia"), At: r.At.Time, Note: r.Note}
	}
}

// wantedAsk is what a run must ask; a case that states none asks nothing.
type wantedAsk struct {
	Action string
	Codes  []string
	Who    string // the key of the reviewer
	Since  date
	DueAt  date `json:"due_at"`
	Then   string
	Mend   []string
}

// compareAsk compares what is asked, where a run says it.
func (w *wantedGrant) compareAsk(t *testing.T, got *Decision, s *mismatches) {
	t.Helper()
	if w.Asks == nil {
		return
	}
	is := Ask{}
	action := "nothing"
	if got.AskStands {
		action = "unchanged"
	}
	if got.Ask != nil {
		is, action = *got.Ask, got.Ask.Action.String()
	}
	s.compare("asks", w.Asks.Action, action)
	if got.Ask == nil {
		return
	}
	s.compareCodes("asks for", codesOf(t, w.Asks.Codes), is.Codes)
	s.compareCodes("asks to mend", codesOf(t, w.Asks.Mend), is.Mend)
	s.compare("asks", w.Asks.Who, is.Reviewer.Key)
	s.compare("asks since", show(w.Asks.Since.Time), show(is.Since))
	s.compare("asks until", show(w.Asks.DueAt.Time), show(is.DueAt))
	then := ""
	if is.Then != Keep {
		then = is.Then.String()
	}
	s.compare("follows without an answer", w.Asks.Then, then)
}

func (s *mismatches) compareCodes(what string, want, got CodeSet) {
	for c := range (want ^ got).All {
		wanted, is := "", ""
		if want.Has(c) {
			wanted = c.String()
		} else {
			is = c.String()
		}
		s.compare(what, wanted, is)
	}
}
