package sql

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

const dateTime = "2006-01-02 15:04:05"

// date returns the text of a date as tables expect it. Databases write a date
// with a time of day with a blank in its middle, and a moment without a zone is
// one in UTC, which is what their sessions are set to. A date that never comes
// is none, and so is the zero date of MySQL.
func date(s string) string {
	s = strings.TrimSpace(s)
	if s == "infinity" || strings.HasPrefix(s, "0000-00-00") {
		return ""
	}
	if len(s) < len(dateTime) || s[10] != ' ' && s[10] != 'T' {
		return s
	}
	day, clock := s[:10], s[11:]
	at := strings.IndexAny(clock, "+-Zz")
	zone := "Z"
	if at >= 0 {
		clock, zone = clock[:at], strings.ToUpper(clock[at:])
	}
	// PostgreSQL leaves out the minutes of a zone that has none.
	if len(zone) == len("+00") {
		zone += ":00"
	}
	return day + "T" + clock + zone
}

// jsonTexts reads an array of texts.
func jsonTexts(s string) ([]string, bool) {
	if s == "" {
		return nil, true
	}
	var list []*string
	if err := json.Unmarshal([]byte(s), &list); err != nil {
		return nil, false
	}
	var out []string
	for _, text := range list {
		if text != nil {
			out = append(out, *text)
		}
	}
	return out, true
}

// plain returns what database/sql gives for a value whose column has a type of
// the given name.
func plain(v any, typeName string) value {
	switch v := v.(type) {
	case nil:
		return value{}
	case string:
		return value{text: v, json: typeName == "JSON"}
	case []byte:
		// MySQL gives the byte itself for a column of one bit, and a digit for an
		// expression of one.
		if typeName == "BIT" && len(v) == 1 && v[0] <= 1 {
			return value{text: strconv.Itoa(int(v[0]))}
		}
		return value{text: string(v), json: typeName == "JSON"}
	case int64:
		return value{text: strconv.FormatInt(v, 10)}
	case uint64:
		return value{text: strconv.FormatUint(v, 10)}
	case float64:
		return value{text: strconv.FormatFloat(v, 'f', -1, 64)}
	case float32:
		return value{text: strconv.FormatFloat(float64(v), 'f', -1, 32)}
	case bool:
		return value{text: strconv.FormatBool(v)}
	case time.Time:
		return value{text: moment(v)}
	}
	return value{unfit: "a value of a type that is not known here; convert it to text in the query"}
}

// moment returns a time as a text. Only SQLite gives one, for a column that is
// declared to hold dates, whatever its text was: midnight stands for a date
// without a time of day.
func moment(t time.Time) string {
	if t = t.UTC(); t.Equal(t.Truncate(24 * time.Hour)) {
		return t.Format(time.DateOnly)
	}
	return t.Format(time.RFC3339)
}
