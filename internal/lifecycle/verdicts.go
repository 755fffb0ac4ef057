package lifecycle

// verdicts are those of one evaluation, by their findings. There is room for all of
// them, but most evaluations have none and few have many: room that is not used need
// not be cleared.
type verdicts struct {
	place [NumCodes]uint8 // in few, or behind it in more, counted from 1; 0: none
	few   [4]verdict
	more  []verdict
	count uint8
}

// noVerdict is the verdict on what no trigger is for. It is never written to.
var noVerdict verdict

// of returns the verdict on a finding.
func (v *verdicts) of(c Code) *verdict {
	switch place := int(v.place[c]); {
	case place == 0:
		return &noVerdict
	case place <= len(v.few):
		return &v.few[place-1]
	default:
		return &v.more[place-1-len(v.few)]
	}
}

// note notes the verdict on a finding, in place of an earlier one.
func (v *verdicts) note(c Code, is *verdict) {
	if v.place[c] == 0 {
		v.count++
		v.place[c] = v.count
		if int(v.count) > len(v.few) {
			v.more = append(v.more, verdict{})
		}
	}
	*v.of(c) = *is
}
