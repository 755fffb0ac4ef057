package table

import (
	"strings"
	"testing"
	"time"
)

func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

func datesOf(t testing.TB, m Mapping) *Dates {
	t.Helper()
	m.Adaptable = true
	w, problems := m.Check()
	if len(problems) > 0 {
		t.Fatalf("%+v", problems)
	}
	return w.dates
}

// What machines write is read without being asked for.
func TestDatesOfMachines(t *testing.T) {
	d := datesOf(t, Mapping{})
	for text, want := range map[string]string{
		"2026-10-03 09:14:02":           "2026-10-03T09:14:02Z",
		"2026-10-03 09:14":              "2026-10-03T09:14:00Z",
		"2026-10-03T09:14:02":           "2026-10-03T09:14:02Z",
		"2026-10-03T09:14:02Z":          "2026-10-03T09:14:02Z",
		"2026-10-03T09:14:02+0000":      "2026-10-03T09:14:02Z",
		"2026-10-03T09:14:02.000+0000":  "2026-10-03T09:14:02Z",
		"2026-10-03T09:14:02.123Z":      "2026-10-03T09:14:02Z",
		"2026-10-03T09:14:02.123456789": "2026-10-03T09:14:02Z",
		"2026-10-03 09:14:02,123":       "2026-10-03T09:14:02Z",
		"2026-10-03 09:14:02+02":        "2026-10-03T07:14:02Z",
		"2026-10-03 09:14:02 +0200":     "2026-10-03T07:14:02Z",
		"2026-10-03T09:14:02-07:30":     "2026-10-03T16:44:02Z",
		"2026-10-03 09:14:02 UTC":       "2026-10-03T09:14:02Z",
		"2026-10-03 09:14:02 +0000 UTC": "2026-10-03T09:14:02Z",
		"2026-10-03 09:14:02 GMT+0200":  "2026-10-03T07:14:02Z",
		"Sat, 03 Oct 2026 09:14:02 GMT": "2026-10-03T09:14:02Z",
		"Sat Oct 03 2026 09:14:02":      "2026-10-03T09:14:02Z",
		"2026/10/03 09:14:02":           "2026-10-03T09:14:02Z",
		"Oct 3, 2026, 9:14:02 PM":       "2026-10-03T21:14:02Z",
		"3 October 2026 at 12:14 am":    "2026-10-03T00:14:00Z",
		"03.10.2026 09:14":              "2026-10-03T09:14:00Z",
		"1791018842":                    "2026-10-03T09:14:02Z",
		"1791018842.5":                  "2026-10-03T09:14:02Z",
		"946684800000":                  "2000-01-01T00:00:00Z",
		"1791018842123":                 "2026-10-03T09:14:02Z",
		"1.791018842123e+12":            "2026-10-03T09:14:02Z",
		"1.791018842E9":                 "2026-10-03T09:14:02Z",
		"9999-12-31":                    "9999-12-31T23:59:59Z",
		"9999-12-31T23:59:59-07:00":     "9999-12-31T23:59:59Z",
		"1970-01-01T00:00:00+02:00":     "1970-01-01T00:00:00Z",
		"2026-10-03":                    "2026-10-03T23:59:59Z",
		"2026-10-03Z":                   "2026-10-03T23:59:59Z",
		"2026-10-03-07:00":              "2026-10-04T06:59:59Z",
		"2026-10-03+02:00":              "2026-10-03T21:59:59Z",
		"2026/10/3":                     "2026-10-03T23:59:59Z",
		"03.10.2026":                    "2026-10-03T23:59:59Z",
		"3.10.2026":                     "2026-10-03T23:59:59Z",
		"03-Oct-2026":                   "2026-10-03T23:59:59Z",
		"Oct 3, 2026":                   "2026-10-03T23:59:59Z",
		"Sat Oct 03, 2026":              "2026-10-03T23:59:59Z",
		"-infinity":                     "1970-01-01T00:00:00Z",
	} {
		if got, err := d.parse(text, true); err != nil || !got.Equal(instant(want)) || got.Location() != time.UTC {
			t.Errorf("%q is %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "infinity", "+infinity", "0000-00-00", "0000-00-00 00:00:00"} {
		if got, err := d.parse(text, true); err != nil || !got.IsZero() {
			t.Errorf("%q is %s, %v; want none", text, got, err)
		}
	}
	if got, err := d.parse("-infinity", false); err != nil || !got.IsZero() {
		t.Errorf("a beginning before all time is %s, %v; want none", got, err)
	}
}

func TestInvalidDates(t *testing.T) {
	d := datesOf(t, Mapping{})
	for text, want := range map[string]string{
		"10/03/2026": `set dates = "us"`, "23/10/2026": `set dates = "us"`, "10-03-2026 09:14": `set dates = "us"`, "10/03/26": "not a date",
		"2026-02-30": "not a date", "2026-13-01": "not a date", "31.04.2026": "not a date", "1969-12-31": "not a date", "2026-1": "not a date",
		"0001-01-01": "not a date", "45933": "not a date", "0": "not a date", "1e3": "not a date", "1e400": "not a date", "0x1p40": "not a date", "10000-01-01": "not a date", "-1": "not a date", "20261003": "not a date", "tomorrow": "not a date",
		"2026-10-03 25:00": "not a date", "2026-10-03 09:60": "not a date", "2026-10-03 09:14:60": "not a date", "2026-10-03 13:00 PM": "not a date",
		"2026-10-03 09:14 EST": "not a date", "2026-10-03T": "not a date", "2026-10/03": "not a date", "3 Octember 2026": "not a date",
		"2026-10-03 09:14:02 +25:00": "not a date", "2026-10-03 09:14:02 x": "not a date", "1791018842123456": "not a date", "202610030914": "not a date", "031020260914": "not a date", "261003091402": "not a date", ":": "not a date",
		"2026-10-03-7:0:0": "not a date", "2026-10-03 09:14:02 +2": "not a date", "١٢/٣/٢٠٢٦": "not a date",
	} {
		if got, err := d.parse(text, false); err == nil || !strings.Contains(err.Error(), want) || !got.IsZero() {
			t.Errorf("%q is %s, %v; want %q", text, got, err, want)
		}
	}
	if _, err := (&Dates{}).parse("10/03/2026", false); err == nil || strings.Contains(err.Error(), "dates =") {
		t.Errorf("where the attribute is not known: %v", err)
	}
}

func TestDatesByConfiguration(t *testing.T) {
	for name, c := range map[string]struct {
		m    Mapping
		want map[string]string
	}{
		"us": {Mapping{Dates: "us"}, map[string]string{
			"10/03/2026": "2026-10-03T23:59:59Z", "10/3/2026 9:14:02 AM": "2026-10-03T09:14:02Z", "10-03-2026": "2026-10-03T23:59:59Z",
			"03.10.2026": "2026-10-03T23:59:59Z", "2026-10-03": "2026-10-03T23:59:59Z", "23/10/2026": "",
		}},
		"eu":   {Mapping{Dates: "eu"}, map[string]string{"10/03/2026": "2026-03-10T23:59:59Z", "10/23/2026": "", "10-3-2026 09:14": "2026-03-10T09:14:00Z"}},
		"zone": {Mapping{TimeZone: "Europe/Berlin"}, map[string]string{"9999-12-31 23:59:59": "9999-12-31T22:59:59Z", "1970-01-01 00:30": "1970-01-01T00:00:00Z", "2026-10-03": "2026-10-03T21:59:59Z", "2026-01-03 09:14:02": "2026-01-03T08:14:02Z", "2026-10-03T09:14:02Z": "2026-10-03T09:14:02Z", "1791018842": "2026-10-03T09:14:02Z"}},
		"named": {Mapping{DateFormats: []string{"MM/DD/YY", "yyyymmdd", "YYYYMMDDhhmmss", "dd.mm.yyyy HH:mm", "YYYY-MM-DD"}, TimeZone: "America/New_York"}, map[string]string{
			"10/03/26": "2026-10-04T03:59:59Z", "03.10.2026 09:14": "2026-10-03T13:14:00Z", "2026-10-03": "2026-10-04T03:59:59Z", "20261003": "2026-10-04T03:59:59Z", "10/3/26 9:14 AM": "2026-10-03T13:14:00Z", "20261003091402": "2026-10-03T13:14:02Z",
		}},
		"layout":  {Mapping{DateFormats: []string{"Jan 2 06", "02|01|2006 15h04"}}, map[string]string{"Oct 3 26": "2026-10-03T23:59:59Z", "03|10|2026 09h14": "2026-10-03T09:14:00Z"}},
		"several": {Mapping{DateFormats: []string{"DD/MM/YYYY", "02/01/2006"}}, map[string]string{"03/10/2026": "2026-10-03T23:59:59Z"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := datesOf(t, c.m)
			for text, want := range c.want {
				got, err := d.parse(text, true)
				if want == "" && err == nil || want != "" && (err != nil || !got.Equal(instant(want))) {
					t.Errorf("%q is %s, %v; want %q", text, got, err, want)
				}
			}
		})
	}
}

func TestDatesThatCannotBeConfigured(t *testing.T) {
	for name, c := range map[string]struct {
		m    Mapping
		want string
	}{
		"order":          {Mapping{Dates: "iso"}, `"us" for month/day/year, "eu" for day/month/year`},
		"zone":           {Mapping{TimeZone: "CEST"}, "is not the name of a time zone"},
		"machine's zone": {Mapping{TimeZone: "Local"}, "is not the name of a time zone"},
		"path":           {Mapping{TimeZone: "../../etc/passwd"}, "is not the name of a time zone"},
		"no layout":      {Mapping{DateFormats: []string{"week of year"}}, "MM/DD/YYYY"},
		"no year":        {Mapping{DateFormats: []string{"02/01"}}, "is not accepted"},
		"two readings":   {Mapping{DateFormats: []string{"MM/DD/YYYY", "DD/MM/YYYY"}}, "read the same text as different dates"},
		"order and form": {Mapping{Dates: "us", DateFormats: []string{"DD/MM/YYYY"}}, "differently from how it is read without date_formats"},
		"against ISO":    {Mapping{DateFormats: []string{"2006-02-01"}}, "differently from how it is read without date_formats"},
	} {
		_, problems := c.m.Check()
		if len(problems) != 1 || !strings.Contains(problems[0].Message, c.want) {
			t.Errorf("%s: got %+v, want %q", name, problems, c.want)
		}
	}
}

// FuzzDates asks that nothing makes the reader panic, that what it reads can be shown,
// and that no text is one date by one order and another without any.
func FuzzDates(f *testing.F) {
	for _, s := range []string{
		"2026-10-03T09:14:02.000+0000", "10/3/2026 9:14 AM", "Sat, 03 Oct 2026 09:14:02 GMT", "1791018842", "-infinity", "2026-10-03-07:00", "03.10.2026", "20261003", "::", "T:",
	} {
		f.Add(s)
	}
	plain, us, eu := datesOf(f, Mapping{}), datesOf(f, Mapping{Dates: "us"}), datesOf(f, Mapping{Dates: "eu"})
	named := datesOf(f, Mapping{DateFormats: []string{"DD/MM/YY", "YYYYMMDD", "Jan 2 06"}, TimeZone: "Asia/Kolkata"})
	f.Fuzz(func(t *testing.T, s string) {
		want, none := plain.parse(s, false)
		for _, d := range []*Dates{plain, us, eu, named} {
			got, err := d.parse(s, false)
			if !got.IsZero() && (err != nil || got.Year() < 1970 || got.Year() > 9999 || got.Nanosecond() != 0 || got.Location() != time.UTC) {
				t.Errorf("%q is %v, %v", s, got, err)
			}
			if d != named && none == nil && !got.Equal(want) {
				t.Errorf("%q is %v, and %v with an order", s, want, got)
			}
			end, err := d.parse(s, true)
			if err == nil && !got.IsZero() && end.Before(got) {
				t.Errorf("%q begins at %v and ends at %v", s, got, end)
			}
		}
		if got, err := ParseDate(s, true); err == nil {
			if again, err := plain.parse(s, true); err != nil || !again.Equal(got) {
				t.Errorf("%q is %v to one and %v, %v to the other", s, got, again, err)
			}
		}
	})
}
