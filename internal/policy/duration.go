package policy

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	day  = 24 * time.Hour
	week = 7 * day
)

// MaxDuration is the longest duration that a policy or a grant may state: ten
// years of 365 days.
const MaxDuration = 3650 * day

// ParseDuration reads a duration in Go's notation plus d for days of 24 hours
// and w for weeks: "90d", "1w2d", "36h", "1h30m". It must be positive, a whole
// number of seconds, and at most MaxDuration.
func ParseDuration(s string) (time.Duration, error) {
	total, err := sumDuration(s)
	switch {
	case err != nil:
		return 0, err
	case total == 0:
		return 0, fmt.Errorf("the duration %s is zero; it must be longer, at least 1s", strconv.Quote(s))
	case total%time.Second != 0:
		return 0, fmt.Errorf("the duration %s is not a whole number of seconds", strconv.Quote(s))
	}
	return total, nil
}

// sumDuration adds up the parts of a duration, each a number with its unit.
func sumDuration(s string) (time.Duration, error) {
	tooLong := fmt.Errorf("the duration %s is longer than %s, the longest accepted", strconv.Quote(s), FormatDuration(MaxDuration))
	malformed := fmt.Errorf("%s is not a duration; accepted are numbers, each with one of the units w, d, h, m and s, "+
		"for instance 90d, 1w2d or 1h30m", strconv.Quote(s))
	var total time.Duration
	for rest := s; rest != ""; {
		n := len(rest) - len(strings.TrimLeft(rest, ".0123456789"))
		number, tail := rest[:n], rest[n:]
		u := strings.IndexAny(tail, ".0123456789")
		if u < 0 {
			u = len(tail)
		}
		unit := tail[:u]
		rest = tail[u:]
		if number == "" || unit == "" {
			return 0, malformed
		}
		// Go knows neither days nor weeks, so these are counted in hours.
		scale := time.Duration(1)
		switch unit {
		case "d":
			unit, scale = "h", day/time.Hour
		case "w":
			unit, scale = "h", week/time.Hour
		}
		part, err := time.ParseDuration(number + unit)
		if err != nil {
			// Go reports the same error for a number that is too large as for one that it
			// cannot parse.
			_, errUnit := time.ParseDuration("1" + unit)
			if _, err := strconv.ParseFloat(number, 64); err != nil || errUnit != nil {
				return 0, malformed
			}
			return 0, tooLong
		}
		if part > MaxDuration/scale || total+part*scale > MaxDuration {
			return 0, tooLong
		}
		total += part * scale
	}
	if s == "" {
		return 0, malformed
	}
	return total, nil
}

// FormatDuration writes a duration of whole seconds in days, hours, minutes and
// seconds, leaving out what is zero: "90d", "1d12h", "1h30m". ParseDuration
// reads it back unchanged.
func FormatDuration(d time.Duration) string {
	var b strings.Builder
	if d < 0 {
		b.WriteByte('-')
		d = -d
	}
	for _, u := range [...]struct {
		length time.Duration
		name   string
	}{{day, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if n := d / u.length; n > 0 {
			b.WriteString(strconv.FormatInt(int64(n), 10) + u.name)
			d %= u.length
		}
	}
	if b.Len() == 0 {
		return "0s"
	}
	return b.String()
}
