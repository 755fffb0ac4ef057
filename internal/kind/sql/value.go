package sql

import (
	"encoding/json"
	"strconv"
	"time"
)

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
