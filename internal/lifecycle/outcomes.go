package lifecycle

// outcomes holds the outcomes of one evaluation, by their findings. There is room for
// all of them, but most evaluations have none and few have many: room that is not used
// need not be cleared.
type outcomes struct {
	place [NumCodes]uint8 // in few, or behind it in more, counted from 1; 0: none
	few   [4]outcome
	more  []outcome
	count uint8
}

// noOutcome is the outcome for a finding that no trigger matches. It is never written to.
var noOutcome outcome

// of returns the outcome for a finding.
func (o *outcomes) of(c Code) *outcome {
	switch place := int(o.place[c]); {
	case place == 0:
		return &noOutcome
	case place <= len(o.few):
		return &o.few[place-1]
	default:
		return &o.more[place-1-len(o.few)]
	}
}

// set replaces the outcome for a finding.
func (o *outcomes) set(c Code, to *outcome) {
	if o.place[c] == 0 {
		o.count++
		o.place[c] = o.count
		if int(o.count) > len(o.few) {
			o.more = append(o.more, outcome{})
		}
	}
	*o.of(c) = *to
}
