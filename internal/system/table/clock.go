package table

import (
	"strconv"
	"strings"
	"time"
)

// clockOf is the time of day of a date. The zero value is none.
type clockOf struct {
	hour, minute, second int
	zone                 *time.Location // nil if none was stated
	stated               bool
	bad                  bool // the text is not a time of day
}

// cut separates a date from the time of day after it, which begins with the
// digits before the first colon.
func cut(s string) (date string, clock clockOf) {
	i := strings.IndexByte(s, ':')
	if i < 0 {
		return cutZone(s)
	}
	begin := i
	for begin > 0 && s[begin-1] >= '0' && s[begin-1] <= '9' {
		begin--
	}
	date, rest := s[:begin], s[begin:]
	if n := len(date); n > 0 && (date[n-1] == '+' || date[n-1] == '-') && !strings.Contains(rest[i-begin+1:], ":") {
		// A date with a zone, as in XML: 2006-01-02-07:00.
		zone, ok := zoneOf(date[n-1:] + rest)
		return date[:n-1], clockOf{zone: zone, bad: !ok}
	}
	date = strings.TrimRight(date, " ")
	if before, ok := strings.CutSuffix(date, "T"); ok {
		date = before
	} else if before, ok := strings.CutSuffix(date, " at"); ok {
		date = before
	}
	return strings.TrimRight(date, " ,"), clockIn(rest)
}

// cutZone separates a date from the Z after it.
func cutZone(s string) (date string, clock clockOf) {
	if n := len(s); n > 1 && (s[n-1] == 'Z' || s[n-1] == 'z') && s[n-2] >= '0' && s[n-2] <= '9' {
		return s[:n-1], clockOf{zone: time.UTC}
	}
	return s, clockOf{}
}

// clockIn reads a time of day: hours and minutes, then optionally seconds, a
// fraction, AM or PM and a zone.
func clockIn(s string) clockOf {
	bad := clockOf{bad: true}
	c := clockOf{stated: true}
	var ok bool
	if c.hour, s, ok = number(s, 1); !ok {
		return bad
	}
	if c.minute, s, ok = number(strings.TrimPrefix(s, ":"), 2); !ok {
		return bad
	}
	if strings.HasPrefix(s, ":") {
		if c.second, s, ok = number(s[1:], 2); !ok {
			return bad
		}
		if len(s) > 1 && (s[0] == '.' || s[0] == ',') && s[1] >= '0' && s[1] <= '9' {
			s = strings.TrimLeft(s[1:], "0123456789")
		}
	}
	s = strings.TrimSpace(s)
	if half := strings.ToUpper(s[:min(len(s), 2)]); half == "AM" || half == "PM" {
		if c.hour < 1 || c.hour > 12 {
			return bad
		}
		c.hour %= 12
		if half == "PM" {
			c.hour += 12
		}
		s = strings.TrimSpace(s[2:])
	}
	if c.hour > 23 || c.minute > 59 || c.second > 59 {
		return bad
	}
	if s == "" {
		return c
	}
	if c.zone, ok = zoneOf(s); !ok {
		return bad
	}
	return c
}

// number reads two digits, or at least the given number, and returns the rest.
func number(s string, least int) (n int, rest string, ok bool) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	if i < least || i > 2 {
		return 0, s, false
	}
	n, err := strconv.Atoi(s[:i])
	return n, s[i:], err == nil
}

// zoneOf reads Z, UTC, GMT and offsets such as +02, +0200, +02:00 and GMT+0200. Other
// letters are ambiguous: EST is a zone in America and one in Australia.
func zoneOf(s string) (*time.Location, bool) {
	s = strings.ToUpper(strings.TrimSpace(s))
	s = strings.TrimSuffix(s, " UTC") // +0000 UTC
	for _, name := range []string{"UTC", "GMT", "Z"} {
		rest, named := strings.CutPrefix(s, name)
		if named && rest == "" {
			return time.UTC, true
		}
		if named && name != "Z" {
			s = rest
			break
		}
	}
	if s == "" || s[0] != '+' && s[0] != '-' {
		return nil, false
	}
	offset := strings.ReplaceAll(s[1:], ":", "")
	if !digits(offset) || len(s)-1 != len(offset) && !(len(s) == len("+00:00") && s[3] == ':') {
		return nil, false
	}
	if len(offset) == 2 {
		offset += "00"
	}
	if len(offset) != 4 {
		return nil, false
	}
	hours, _ := strconv.Atoi(offset[:2])
	minutes, _ := strconv.Atoi(offset[2:])
	if hours > 23 || minutes > 59 {
		return nil, false
	}
	seconds := (hours*60 + minutes) * 60
	if s[0] == '-' {
		seconds = -seconds
	}
	return time.FixedZone("", seconds), true
}
