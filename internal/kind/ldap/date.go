package ldap

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"
)

const (
	ticksPerSecond = 10_000_000     // of a FILETIME
	epochOf1601    = 11_644_473_600 // seconds from 1601 to 1970
	lastYear       = 9999           // the last that RFC 3339 can write
	secondsPerDay  = 24 * 60 * 60
)

// endDate returns the last instant at which the person is active according to
// the entry; the zero time if the entry states none.
func endDate(e *ldap.Entry, attribute string) (time.Time, error) {
	text := value(e, attribute)
	var t time.Time
	var err error
	switch {
	case text == "":
		return time.Time{}, nil
	case strings.EqualFold(attribute, attrExpires):
		t, err = fileTime(text)
	case strings.EqualFold(attribute, attrShadowExpire):
		t, err = shadowDay(text)
	default:
		t, err = writtenDate(text)
	}
	if err != nil || t.Year() > lastYear {
		return time.Time{}, err
	}
	return t, nil
}

// fileTime reads intervals of 100 ns since 1601. Two values mean never.
func fileTime(text string) (time.Time, error) {
	ticks, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil || ticks < 0:
		return time.Time{}, fmt.Errorf("%q is not a number of 100 ns intervals since 1601", text)
	case ticks == 0 || ticks == math.MaxInt64:
		return time.Time{}, nil
	}
	return time.Unix(ticks/ticksPerSecond-epochOf1601, 0).UTC(), nil
}

// shadowDay reads a number of days since 1970: the first day on which the
// account no longer works. An empty value, zero and negative numbers mean
// never.
func shadowDay(text string) (time.Time, error) {
	days, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a number of days since 1970", text)
	}
	if days <= 0 {
		return time.Time{}, nil
	}
	return time.Unix(days*secondsPerDay-1, 0).UTC(), nil
}

func writtenDate(text string) (time.Time, error) {
	if t, err := generalizedTime(text); err == nil {
		return t, nil
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t.Add(secondsPerDay*time.Second - time.Second), nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UTC().Truncate(time.Second), nil
	}
	return time.Time{}, fmt.Errorf("%q is not a date; accepted: 20270630235959Z, 2027-06-30 and 2027-06-30T23:59:59Z", text)
}

// fraction is what may follow the last unit of a generalized time.
var fraction = regexp.MustCompile(`^([0-9]+)[.,][0-9]+(Z|[+-][0-9]{2,4})$`)

// generalizedTime reads a time as LDAP writes it (RFC 4517 section 3.3.13), to
// the second.
func generalizedTime(text string) (time.Time, error) {
	text = fraction.ReplaceAllString(text, "$1$2")
	for _, layout := range []string{"20060102150405Z0700", "200601021504Z0700", "2006010215Z0700", "20060102150405Z07", "200601021504Z07", "2006010215Z07"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a generalized time such as 20270630235959Z", text)
}
