package rest

import (
	"fmt"
	"strings"
	"time"
)

// calendar reads dates the way a system writes them.
type calendar struct {
	layouts []string
	whole   []bool // whether the layout of the same index states no time of day
	zone    *time.Location
}

func (c *checker) calendar(layouts []string, zone string) calendar {
	cal := calendar{zone: c.zone(zone)}
	sample := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	for i, layout := range layouts {
		back, err := time.Parse(layout, sample.Format(layout))
		if err != nil || back.YearDay() != sample.YearDay() || back.Year() != sample.Year() {
			c.problem(fmt.Sprintf("dates[%d]", i), "The layout does not state a day. Write 2 January 2006, 15:04:05, as the system would, as Go's time package does.")
			continue
		}
		cal.layouts = append(cal.layouts, layout)
		cal.whole = append(cal.whole, back.Hour() == 0)
	}
	cal.layouts = append(cal.layouts, time.RFC3339, time.DateOnly)
	cal.whole = append(cal.whole, false, true)
	return cal
}

// parse reads a date. One without a time of day is the last second of that day
// if endOfDay is set, and otherwise its first.
func (cal calendar) parse(text string, endOfDay bool) (time.Time, error) {
	if text = strings.TrimSpace(text); text == "" {
		return time.Time{}, nil
	}
	for i, layout := range cal.layouts {
		t, err := time.ParseInLocation(layout, text, cal.zone)
		if err != nil {
			continue
		}
		if cal.whole[i] {
			// A day is a day everywhere: it is not shifted into another zone.
			t = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
			if endOfDay {
				t = t.Add(24*time.Hour - time.Second)
			}
		}
		if t = t.UTC().Truncate(time.Second); t.Year() < 1970 || t.Year() > 9999 {
			break
		}
		return t, nil
	}
	return time.Time{}, fmt.Errorf("%q is not a date from 1970 to 9999 in a layout that the description knows", text)
}
