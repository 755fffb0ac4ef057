package register

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// MaxBody is the greatest length of a JSON text in the register, in bytes.
	MaxBody  = 256 << 10
	maxDepth = 32
	// maxInteger is the greatest integer that every reader of JSON keeps exact.
	maxInteger int64 = 1<<53 - 1
)

// Canonical returns a JSON text in the form of RFC 8785: the keys sorted, no
// white space, no escape that is not needed. A number must be an integer that
// every reader of JSON keeps exact, and a key must not occur twice in an object.
func Canonical(text string) (string, error) {
	switch {
	case len(text) > MaxBody:
		return "", fmt.Errorf("the JSON text has %d bytes; up to %d are accepted", len(text), MaxBody)
	case !utf8.ValidString(text):
		return "", errors.New("the JSON text is not valid UTF-8")
	case !json.Valid([]byte(text)):
		return "", errors.New("the text is not valid JSON")
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var out strings.Builder
	if err := canonicalValue(d, &out, 0); err != nil {
		return "", err
	}
	return out.String(), nil
}

func canonicalValue(d *json.Decoder, out *strings.Builder, depth int) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	switch token := token.(type) {
	case json.Delim:
		if depth == maxDepth {
			return fmt.Errorf("the JSON text is nested more than %d levels deep", maxDepth)
		}
		if token == '[' {
			return canonicalArray(d, out, depth)
		}
		return canonicalObject(d, out, depth)
	case json.Number:
		n, err := strconv.ParseInt(token.String(), 10, 64)
		if err != nil || n > maxInteger || n < -maxInteger {
			return fmt.Errorf("the number %.40s is not an integer between -%d and %[2]d", token, maxInteger)
		}
		out.WriteString(strconv.FormatInt(n, 10))
	case string:
		quote(out, token)
	case bool:
		out.WriteString(strconv.FormatBool(token))
	case nil:
		out.WriteString("null")
	}
	return nil
}

func canonicalArray(d *json.Decoder, out *strings.Builder, depth int) error {
	out.WriteByte('[')
	for first := true; d.More(); first = false {
		if !first {
			out.WriteByte(',')
		}
		if err := canonicalValue(d, out, depth+1); err != nil {
			return err
		}
	}
	out.WriteByte(']')
	_, err := d.Token()
	return err
}

func canonicalObject(d *json.Decoder, out *strings.Builder, depth int) error {
	values := make(map[string]string)
	var keys []string
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return err
		}
		key := fmt.Sprint(token)
		if _, twice := values[key]; twice {
			return fmt.Errorf("the key %.40q occurs twice in one object", key)
		}
		var value strings.Builder
		if err := canonicalValue(d, &value, depth+1); err != nil {
			return err
		}
		values[key], keys = value.String(), append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
	})
	out.WriteByte('{')
	for i, key := range keys {
		if i > 0 {
			out.WriteByte(',')
		}
		quote(out, key)
		out.WriteByte(':')
		out.WriteString(values[key])
	}
	out.WriteByte('}')
	_, err := d.Token()
	return err
}

// quote writes a text as RFC 8785 does. The encoder of the standard library
// escapes more, for the sake of JavaScript.
func quote(out *strings.Builder, text string) {
	const short = "\b\t\n\f\r"
	out.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r >= ' ':
			out.WriteRune(r)
		case strings.ContainsRune(short, r):
			out.WriteByte('\\')
			out.WriteByte("btnfr"[strings.IndexRune(short, r)])
		default:
			fmt.Fprintf(out, `\u%04x`, r)
		}
	}
	out.WriteByte('"')
}
