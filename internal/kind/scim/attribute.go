package scim

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

const (
	coreUser       = "urn:ietf:params:scim:schemas:core:2.0:User:"
	enterpriseUser = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:"
)

// attribute is an attribute that holds a key of an entry.
type attribute struct {
	name string // in the configuration
	path string // in a filter
}

// userKeys are the attributes that may be keys of a user, in addition to the id;
// the first two are by default.
var userKeys = []attribute{
	{"userName", "userName"},
	{"emails.value", "emails.value"},
	{"externalId", "externalId"},
	{"employeeNumber", enterpriseUser + "employeeNumber"},
}

var groupKeys = []attribute{{"displayName", "displayName"}}

// object is a JSON object whose names are compared in any case (RFC 7643
// section 2.1).
type object map[string]any

func asObject(v any) object {
	o, _ := v.(map[string]any)
	return o
}

func (o object) get(name string) any {
	if v, ok := o[name]; ok {
		return v
	}
	best := ""
	for have := range o {
		// If two names differ by case only, the same one is always used.
		if strings.EqualFold(have, name) && (best == "" || have < best) {
			best = have
		}
	}
	return o[best]
}

// at returns the values at a path. There are several if an attribute on the way
// has several.
func (o object) at(path string) []any {
	if v := o.get(path); v != nil {
		return list(v)
	}
	if len(path) > 4 && strings.EqualFold(path[:4], "urn:") {
		for name, v := range o {
			if len(path) > len(name)+1 && strings.Contains(name, ":") && path[len(name)] == ':' && strings.EqualFold(path[:len(name)], name) {
				return asObject(v).at(path[len(name)+1:])
			}
		}
		if len(path) > len(coreUser) && strings.EqualFold(path[:len(coreUser)], coreUser) {
			return o.at(path[len(coreUser):])
		}
		return nil
	}
	name, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		return nil
	}
	var out []any
	for _, v := range list(o.get(name)) {
		switch v := v.(type) {
		case map[string]any:
			out = append(out, object(v).at(rest)...)
		case string:
			// Some servers write ["a@example.org"] for [{"value": "a@example.org"}].
			if strings.EqualFold(rest, "value") {
				out = append(out, v)
			}
		}
	}
	return out
}

func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

// raw returns a simple value as it is written.
func raw(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// text returns the simple value at a path, in a form that may be shown. Of
// several values it is the primary one, else one of the type work, else the
// first in alphabetical order, because the order in which a server returns them
// may change.
func (o object) text(path string) string {
	if name, rest, deeper := strings.Cut(path, "."); deeper && !strings.Contains(path, ":") {
		var first, work []string
		for _, v := range list(o.get(name)) {
			part := asObject(v)
			switch value := system.Clean(raw(part.get(rest))); {
			case value == "":
			case strings.EqualFold(raw(part.get("primary")), "true"):
				first = append(first, value)
			case strings.EqualFold(raw(part.get("type")), "work"):
				work = append(work, value)
			}
		}
		for _, preferred := range [][]string{first, work} {
			if len(preferred) > 0 {
				return slices.Min(preferred)
			}
		}
	}
	var all []string
	for _, v := range o.at(path) {
		if value := system.Clean(raw(v)); value != "" {
			all = append(all, value)
		}
	}
	if len(all) == 0 {
		return ""
	}
	return slices.Min(all)
}

// natural returns a number that counts something.
func natural(v any) (int, bool) {
	n, err := strconv.Atoi(raw(v))
	return n, err == nil && n >= 0
}

// quote returns a text for a message, short and without hidden characters.
func quote(s string) string {
	const most = 60
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	return strconv.Quote(system.Clean(strings.ToValidUTF8(s, "\uFFFD")))
}
