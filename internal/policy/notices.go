package policy

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// maxNotices is how many notices a policy can ask for before one end.
const maxNotices = 10

// maxNotice is the longest time before an end at which somebody can be told.
const maxNotice = 366 * 24 * time.Hour

// notices reads how long before an end of the access somebody is told.
func (l layer) notices(at reporter, durations []string) {
	if durations == nil {
		return
	}
	if len(durations) > maxNotices {
		at.report("Too Many Notices", fmt.Sprintf("%d notices are asked for; up to %d are accepted.", len(durations), maxNotices))
		return
	}
	marks := make([]time.Duration, 0, len(durations))
	for i, text := range durations {
		var d time.Duration
		switch ok := l.duration(at.in(i), &text, &d); {
		case !ok:
		case d > maxNotice:
			at.in(i).report("Invalid Duration", fmt.Sprintf("%s is longer than a year before the end.", strconv.Quote(text)))
		case slices.Contains(marks, d):
			at.in(i).report("Repeated Notice", fmt.Sprintf("%s is named twice; state it once.", strconv.Quote(text)))
		default:
			marks = append(marks, d)
		}
	}
	l.rules.Notices = marks
}
