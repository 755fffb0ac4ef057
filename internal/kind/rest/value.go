package rest

import (
	"encoding/json"
	"errors"
	"html"
	"net/http"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

// decode reads the body of an answer into values that CEL understands.
func decode(r *httpclient.Response, entities bool) (any, error) {
	var v any
	if err := r.JSON(&v); err != nil {
		return nil, errors.New("it is not one JSON value")
	}
	return plain(v, entities), nil
}

// plain takes json.Number out of a value, without rounding: an id is a name and
// must come out as it went in. It writes over v.
func plain(v any, entities bool) any {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			v[key] = plain(member, entities)
		}
	case []any:
		for i, member := range v {
			v[i] = plain(member, entities)
		}
	case string:
		if entities {
			return html.UnescapeString(v)
		}
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		if f, err := v.Float64(); err == nil && strings.ContainsAny(v.String(), ".eE") {
			return f
		}
		return v.String()
	}
	return v
}

// headers returns the headers of an answer, their names in lower case.
func headers(h http.Header) map[string]string {
	out := make(map[string]string, len(h))
	for name := range h {
		out[strings.ToLower(name)] = h.Get(name)
	}
	return out
}

// links reads the Link header (RFC 8288) as far as paging needs it: relation ->
// target.
func links(h http.Header) map[string]string {
	out := make(map[string]string)
	for _, line := range h.Values("Link") {
		for line != "" {
			_, rest, ok := strings.Cut(line, "<")
			if !ok {
				break
			}
			target, tail, ok := strings.Cut(rest, ">")
			if !ok {
				break
			}
			parameters := tail
			if i := strings.Index(tail, "<"); i >= 0 {
				parameters = tail[:i]
			}
			line = tail[len(parameters):]
			for p := range strings.SplitSeq(strings.TrimRight(parameters, ", "), ";") {
				name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
				if strings.EqualFold(name, "rel") {
					for rel := range strings.FieldsSeq(strings.Trim(value, `"`)) {
						if _, twice := out[rel]; !twice {
							out[rel] = target
						}
					}
				}
			}
		}
	}
	return out
}
