package sql

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

// jsonCell reads a JSON text, number or truth value as the text that it is, and an
// array of them as a list: "ann" in quotation marks is nobody's key.
func jsonCell(s string) (table.Cell, bool) {
	if s == "" {
		return table.Cell{}, true
	}
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	var whole any
	if err := d.Decode(&whole); err != nil {
		return table.Cell{}, false
	}
	list, isList := whole.([]any)
	if !isList {
		text, ok := jsonText(whole)
		return table.Cell{Text: text}, ok
	}
	out := table.Cell{IsList: true}
	for _, one := range list {
		text, ok := jsonText(one)
		if !ok {
			return table.Cell{}, false
		}
		if one != nil {
			out.List = append(out.List, text)
		}
	}
	return out, true
}

func jsonText(v any) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
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
