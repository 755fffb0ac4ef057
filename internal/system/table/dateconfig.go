package table

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// The attributes that say how dates are read.
const (
	attributeDates       = "dates"
	attributeDateFormats = "date_formats"
	attributeTimeZone    = "time_zone"
)

// dateForms are the layouts that date_formats may name, in upper or lower case, each
// for dates with or without a time of day behind them.
var dateForms = map[string]string{
	"MM/DD/YYYY": "1/2/2006", "DD/MM/YYYY": "2/1/2006", "MM-DD-YYYY": "1-2-2006", "DD-MM-YYYY": "2-1-2006", "DD.MM.YYYY": "2.1.2006",
	"YYYY-MM-DD": "2006-1-2", "YYYY/MM/DD": "2006/1/2", "DD MMM YYYY": "2 Jan 2006", "DD-MMM-YYYY": "2-Jan-2006", "MMM DD, YYYY": "Jan 2, 2006",
	"MM/DD/YY": "1/2/06", "DD/MM/YY": "2/1/06", "YY-MM-DD": "06-1-2", "YY/MM/DD": "06/1/2", "DD.MM.YY": "2.1.06",
	"DD-MMM-YY": "2-Jan-06", "DD MMM YY": "2 Jan 06", "YYYYMMDD": "20060102", "DDMMYYYY": "02012006", "MMDDYYYY": "01022006",
}

// timedForms contain a time of day.
var timedForms = map[string]string{"YYYYMMDDHHMMSS": "20060102150405", "YYYYMMDDHHMMSSZ": "20060102150405Z0700"}

// timeSuffixes are texts that people write after a form for the time of day, which
// every form may have anyway.
var timeSuffixes = []string{" HH:MM:SS", " HH:MM", "THH:MM:SS", " H:MM A", " HH:MM A", " HH:MM:SS A"}

// DateForms lists the names that date_formats accepts.
func DateForms() []string {
	return append(slices.Sorted(maps.Keys(dateForms)), slices.Sorted(maps.Keys(timedForms))...)
}

// checkDates returns how dates are read, and the problems of this part of the
// mapping.
func (m *Mapping) checkDates() (*Dates, []system.Problem) {
	var out []system.Problem
	d := &Dates{order: m.Dates, named: m.Adaptable}
	if m.Dates != "" && m.Dates != orderUS && m.Dates != orderEU {
		out = append(out, system.Problem{Attribute: attributeDates, Message: fmt.Sprintf(
			`%s is not accepted. Accepted: "us" for month/day/year, "eu" for day/month/year.`, Quote(m.Dates))})
		d.order = ""
	}
	if m.TimeZone != "" {
		zone, err := time.LoadLocation(m.TimeZone)
		if err != nil || strings.EqualFold(m.TimeZone, "local") {
			out = append(out, system.Problem{Attribute: attributeTimeZone, Message: fmt.Sprintf(
				"%s is not the name of a time zone. Accepted: names such as UTC, Europe/Berlin, America/New_York.", Quote(m.TimeZone))})
		} else {
			d.zone = zone
		}
	}
	for _, name := range m.DateFormats {
		f, reason := formatOf(name)
		if reason == "" {
			reason = d.clash(f)
		}
		if reason != "" {
			out = append(out, system.Problem{Attribute: attributeDateFormats, Message: reason})
			continue
		}
		d.formats = append(d.formats, f)
	}
	return d, out
}

// probes are dates whose day, month and year cannot be confused.
var probes = []time.Time{
	time.Date(2009, 4, 5, 17, 18, 19, 0, time.UTC), time.Date(2006, 5, 4, 6, 7, 8, 0, time.UTC), time.Date(2010, 11, 12, 13, 14, 15, 0, time.UTC),
}

// formatOf returns the form of a name or a layout of Go.
func formatOf(name string) (format, string) {
	upper := strings.ToUpper(name)
	if layout, ok := timedForms[upper]; ok {
		return format{name: name, layout: layout, timed: true}, ""
	}
	for _, suffix := range timeSuffixes {
		if before, ok := strings.CutSuffix(upper, suffix); ok {
			upper = before
			break
		}
	}
	if layout, ok := dateForms[upper]; ok {
		return format{name: name, layout: layout}, ""
	}
	f := format{name: Quote(name), layout: name}
	for _, probe := range probes {
		again, err := time.Parse(name, probe.Format(name))
		if err != nil || again.Format(time.DateOnly) != probe.Format(time.DateOnly) {
			return f, fmt.Sprintf("%s is not accepted. Accepted: %s, or a layout of Go that writes year, month and day, such as 02/01/2006.",
				Quote(name), strings.Join(DateForms(), ", "))
		}
		f.timed = f.timed || !again.Equal(again.Truncate(24*time.Hour))
	}
	return f, ""
}

// clash returns a reason if another form reads dates of this form as different
// dates.
func (d *Dates) clash(f format) string {
	for _, probe := range probes {
		text := probe.Format(f.layout)
		want, ok := d.byFormat(f, text, false)
		if !ok {
			continue
		}
		for _, other := range d.formats {
			if got, ok := d.byFormat(other, text, false); ok && !got.Equal(want) {
				return fmt.Sprintf("%s and %s read the same text as different dates, such as %s; keep one of them.", other.name, f.name, Quote(text))
			}
		}
		plain := Dates{order: d.order, zone: d.zone}
		if got, err := plain.parse(text, false); err == nil && !got.Equal(want) {
			return fmt.Sprintf("%s reads a date such as %s differently from how it is read without date_formats; leave the format out, or set dates to match.", f.name, Quote(text))
		}
	}
	return ""
}
