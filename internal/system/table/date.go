package table

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The orders of the day and the month in a date.
const (
	orderUS = "us" // month first
	orderEU = "eu" // day first
)

// Dates says how the dates of an export are read, in addition to the forms that
// have one meaning everywhere. The zero value reads only these, in UTC.
type Dates struct {
	order   string // orderUS or orderEU; empty if neither is configured
	zone    *time.Location
	formats []format
	named   bool // messages may name the attributes that say how dates are read
}

// format is a form of dates that a configuration names.
type format struct {
	name   string
	layout string
	timed  bool // the layout has a time of day
}

// distantPast is the value of -infinity as an end. It is before every other
// accepted date, and can be written as a date.
var distantPast = time.Unix(0, 0).UTC()

const acceptedDates = "accepted: 2006-01-02 with or without a time of day and a zone, RFC 3339, 31.12.2006, 31 Dec 2006, " +
	"seconds or milliseconds since 1970, from 1970 to 9999"

var (
	errDate  = errors.New("it is not a date; " + acceptedDates)
	errOrder = errors.New("it is unknown whether the day or the month comes first; " + acceptedDates)

	errDateNamed  = errors.New("it is not a date; " + acceptedDates + ", and the forms that date_formats names")
	errOrderNamed = errors.New(`it is unknown whether the day or the month comes first; set dates = "us" for month/day/year or dates = "eu" for day/month/year`)
	errStrict     = errors.New("it is not a date; accepted: 2006-01-02 or RFC 3339, for instance 2006-01-02T15:04:05Z, from 1970 to 9999")
)

// ParseDate reads a date with or without a time of day, in whole seconds of UTC.
// Without one it is the last second of that day if endOfDay is set, and otherwise
// its first. The empty text is no date, and gives the zero time. An error says
// what is accepted, and is a clause that follows the name of the field. It is for
// systems that write dates in one form; exports are read with Dates.
func ParseDate(s string, endOfDay bool) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Time{}, error(nil)
	if len(s) == len(time.DateOnly) {
		t, err = time.Parse(time.DateOnly, s)
		if endOfDay {
			t = t.Add(24*time.Hour - time.Second)
		}
	} else {
		t, err = time.Parse(time.RFC3339, s)
		t = t.UTC().Truncate(time.Second)
	}
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}, errStrict
	}
	return t, nil
}

// parse reads a date as ParseDate does, in all forms that have one meaning and in
// those of the configuration.
func (d *Dates) parse(s string, endOfDay bool) (time.Time, error) {
	if s = strings.TrimSpace(s); s == "" {
		return time.Time{}, nil
	}
	if t, known := boundless(s, endOfDay); known {
		return t, nil
	}
	t, err := d.read(s, endOfDay)
	switch {
	case d.named && errors.Is(err, errOrder):
		return time.Time{}, errOrderNamed
	case err == nil:
		if t.Year() >= 1970 && t.Year() <= 9999 {
			return within(t.UTC().Truncate(time.Second)), nil
		}
		err = errDate
	}
	if d.named && errors.Is(err, errDate) {
		err = errDateNamed
	}
	return time.Time{}, err
}

// lastMoment is the last instant that can be written. 31 December 9999, which stands
// for "without end" in many exports, ends later in the zones west of UTC.
var lastMoment = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// within returns the nearest instant that can be written, for an instant that lies
// beyond these only in UTC.
func within(t time.Time) time.Time {
	switch {
	case t.Before(distantPast):
		return distantPast
	case t.After(lastMoment):
		return lastMoment
	}
	return t
}

// boundless reads what databases write for the absence of a date and for dates that
// never come. A date in the infinite past has passed if it ends something;
// otherwise it counts as no date, because nothing was verified or assigned then.
func boundless(s string, end bool) (t time.Time, known bool) {
	switch {
	case strings.HasPrefix(s, "0000-00-00"), strings.EqualFold(s, "infinity"), strings.EqualFold(s, "+infinity"):
		return time.Time{}, true
	case !strings.EqualFold(s, "-infinity"):
		return time.Time{}, false
	case end:
		return distantPast, true
	}
	return time.Time{}, true
}

func (d *Dates) location() *time.Location {
	if d.zone == nil {
		return time.UTC
	}
	return d.zone
}

func (d *Dates) read(s string, endOfDay bool) (time.Time, error) {
	if t, ok := d.standard(s, endOfDay); ok {
		return t, nil
	}
	if len(d.formats) > 0 {
		t, found, err := d.byFormats(s, endOfDay)
		if found || err != nil {
			return t, err
		}
	}
	if t, ok := epoch(s); ok {
		return t, nil
	}
	date, clock := cut(s)
	day, err := d.day(date)
	if err != nil {
		return time.Time{}, err
	}
	return d.at(day, clock, endOfDay)
}

// standard reads the two forms of ISO 8601 that nearly all exports have, which is
// faster than splitting the text.
func (d *Dates) standard(s string, endOfDay bool) (time.Time, bool) {
	switch {
	case len(s) == len(time.DateOnly):
		day, err := time.Parse(time.DateOnly, s)
		if err != nil {
			return time.Time{}, false
		}
		t, err := d.at(day, clockOf{}, endOfDay)
		return t, err == nil
	case len(s) >= len("2006-01-02T15:04:05Z") && s[len(time.DateOnly)] == 'T':
		t, err := time.Parse(time.RFC3339, s)
		return t, err == nil
	}
	return time.Time{}, false
}

// byFormats reads a date in the forms of the configuration. If two of them read it
// as different dates, this is an error, because one would be a guess.
func (d *Dates) byFormats(s string, endOfDay bool) (t time.Time, found bool, err error) {
	by := ""
	for _, f := range d.formats {
		one, ok := d.byFormat(f, s, endOfDay)
		if ok && found && !one.Equal(t) {
			return t, false, fmt.Errorf("it is one date as %s and another as %s; keep one of them in date_formats", by, f.name)
		}
		if ok {
			t, found, by = one, true, f.name
		}
	}
	return t, found, nil
}

func (d *Dates) byFormat(f format, s string, endOfDay bool) (time.Time, bool) {
	if f.timed {
		t, err := time.ParseInLocation(f.layout, s, d.location())
		return t, err == nil
	}
	if t, err := time.Parse(f.layout, s); err == nil {
		t, err = d.at(t, clockOf{}, endOfDay)
		return t, err == nil
	}
	date, clock := cut(s)
	t, err := time.Parse(f.layout, date)
	if err != nil {
		return t, false
	}
	t, err = d.at(t, clock, endOfDay)
	return t, err == nil
}

// at combines a day and a time of day.
func (d *Dates) at(day time.Time, clock clockOf, endOfDay bool) (time.Time, error) {
	zone := d.location()
	if clock.zone != nil {
		zone = clock.zone
	}
	hour, minute, second := clock.hour, clock.minute, clock.second
	if clock.bad {
		return time.Time{}, errDate
	}
	if !clock.stated && endOfDay {
		hour, minute, second = 23, 59, 59
	}
	return time.Date(day.Year(), day.Month(), day.Day(), hour, minute, second, 0, zone), nil
}

// epoch reads seconds and milliseconds since 1970. Their number of digits
// distinguishes them: seconds from 1973 to 2286, with or without a fraction.
func epoch(s string) (time.Time, bool) {
	if f, err := strconv.ParseFloat(s, 64); err == nil && strings.ContainsAny(s, "eE") && f > 0 && f < 1e15 {
		s = strconv.FormatFloat(f, 'f', -1, 64) // a form of large numbers in JSON
	}
	whole, fraction, cut := strings.Cut(s, ".")
	if !digits(whole) || cut && !digits(fraction) {
		return time.Time{}, false
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	switch {
	case err != nil || whole[0] == '0':
	case len(whole) == 9, len(whole) == 10:
		return time.Unix(n, 0), true
	case !cut && len(whole) == 12 && !written(whole), !cut && len(whole) == 13:
		return time.UnixMilli(n), true
	}
	return time.Time{}, false
}

// written reports whether twelve digits may be a date and a time of day without
// separators: 202610030914 is not an instant of 1976.
func written(s string) bool {
	for _, layout := range []string{"200601021504", "020120061504", "010220061504", "060102150405"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 1970 && t.Year() < 2200 {
			return true
		}
	}
	return false
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// day reads a date without its time of day.
func (d *Dates) day(s string) (time.Time, error) {
	parts, marks := split(s)
	if len(parts) > 0 && weekdays[strings.ToLower(parts[0])] {
		parts, marks = parts[1:], marks[1:]
	}
	if len(parts) != 3 || marks[2] != "" {
		return time.Time{}, errDate
	}
	year, month, day, err := d.ordered(parts, marks)
	if err != nil {
		return time.Time{}, err
	}
	if !digits(day) || len(day) > 2 || !digits(year) || len(year) != 4 {
		return time.Time{}, errDate
	}
	m := monthOf(month)
	if n, err := strconv.Atoi(month); m == 0 && err == nil && len(month) <= 2 {
		m = time.Month(n)
	}
	y, _ := strconv.Atoi(year)
	n, _ := strconv.Atoi(day)
	t := time.Date(y, m, n, 0, 0, 0, 0, time.UTC)
	if m < 1 || m > 12 || t.Day() != n || t.Month() != m {
		return time.Time{}, errDate
	}
	return t, nil
}

// ordered identifies the day, the month and the year among the three parts of a
// date.
func (d *Dates) ordered(parts, marks []string) (year, month, day string, err error) {
	mark := marks[0]
	switch {
	case monthOf(parts[1]) != 0 && len(parts[0]) == 4: // 2006-Dec-31
		return parts[0], parts[1], parts[2], nil
	case monthOf(parts[1]) != 0: // 31 Dec 2006
		return parts[2], parts[1], parts[0], nil
	case monthOf(parts[0]) != 0: // Dec 31, 2006
		return parts[2], parts[0], parts[1], nil
	case mark != marks[1] || mark != "-" && mark != "/" && mark != ".":
		return "", "", "", errDate
	case len(parts[0]) == 4:
		return parts[0], parts[1], parts[2], nil
	case mark == ".", d.order == orderEU:
		return parts[2], parts[1], parts[0], nil
	case d.order == orderUS:
		return parts[2], parts[0], parts[1], nil
	case len(parts[2]) == 4 && digits(parts[0]) && digits(parts[1]) && digits(parts[2]):
		return "", "", "", errOrder
	}
	return "", "", "", errDate
}

// split splits a date at its separators. There are as many separators as parts;
// the last is the text after the last part.
func split(s string) (parts, marks []string) {
	const most = 5
	for s != "" && len(parts) < most {
		i := strings.IndexAny(s, " ,-/.")
		if i < 0 {
			return append(parts, s), append(marks, "")
		}
		part, rest := s[:i], strings.TrimLeft(s[i:], " ,-/.")
		mark := strings.TrimSpace(s[i : len(s)-len(rest)])
		parts, marks = append(parts, part), append(marks, mark)
		s = rest
	}
	return parts, marks
}

var weekdays, months = func() (map[string]bool, map[string]time.Month) {
	days, months := make(map[string]bool), make(map[string]time.Month)
	for d := time.Sunday; d <= time.Saturday; d++ {
		name := strings.ToLower(d.String())
		days[name], days[name[:3]] = true, true
	}
	for m := time.January; m <= time.December; m++ {
		name := strings.ToLower(m.String())
		months[name], months[name[:3]] = m, m
	}
	months["sept"] = time.September
	return days, months
}()

// monthOf returns the month of an English name, or 0.
func monthOf(s string) time.Month { return months[strings.ToLower(s)] }

// date returns the date in a field of a row, and notes what is wrong with it.
func (l *Layout) date(r *Row, field int) time.Time {
	t, err := l.words.dates.parse(r.cells[field].Text, l.ends.Has(field))
	if err != nil {
		l.flaw(r, field, err.Error())
	}
	return t
}
