package file

import (
	"encoding/json"
	"fmt"

	"github.com/custodyhq/terraform-provider-custody/internal/system/envelope"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

// maxNodes limits the number of values around the records that are kept.
const maxNodes = 10_000

// envelope reads an object with one array among its members, whose brace has been
// read, and refuses one whose other members announce more records than the array
// holds.
func (d *jsonReader) envelope() error {
	list := ""
	around := make(map[string]any)
	for {
		key, err := d.token()
		if err != nil {
			return err
		}
		if key == json.Delim('}') {
			break
		}
		value, err := d.token()
		if err != nil {
			return err
		}
		name, _ := key.(string)
		switch {
		case value != json.Delim('['), envelope.IsLinks(name), envelope.IsErrors(name):
			around[name], err = d.value(value)
		case list != "":
			return d.flaw(fmt.Sprintf("the object holds two arrays, %s and %s; one is accepted", list, table.Name(name)))
		default:
			list = table.Name(name)
			err = d.records()
		}
		if err != nil {
			return err
		}
	}
	if list == "" {
		return d.flaw("the object holds no array of records")
	}
	return part(around, d.rows)
}

// part returns a flaw if the values around the records of a file announce other
// records, or a failure.
func part(around map[string]any, rows int) error {
	if said := envelope.Failed(around); said != "" {
		return &table.Flaw{Reason: "it is the answer to a request that failed: " + said, Advice: "Export it again, then plan again."}
	}
	said := envelope.More(around, rows)
	if said == "" {
		said = envelope.Earlier(around, rows)
	}
	if said == "" {
		return nil
	}
	return &table.Flaw{Reason: "it states that it is only a part of a list: " + said, Advice: envelope.Advice + " Then plan again."}
}

// value returns a value whose first token has been read.
func (d *jsonReader) value(token json.Token) (any, error) {
	if d.nodes++; d.nodes > maxNodes {
		return nil, d.flaw(fmt.Sprintf("more than %d values around the records are not accepted", maxNodes))
	}
	if d.depth > maxDepth {
		return nil, d.flaw("values are nested too deeply")
	}
	switch token {
	case json.Delim('{'):
		return d.object()
	case json.Delim('['):
		return d.list()
	}
	return token, nil
}

func (d *jsonReader) object() (map[string]any, error) {
	out := make(map[string]any)
	for {
		key, err := d.token()
		if err != nil || key == json.Delim('}') {
			return out, err
		}
		token, err := d.token()
		if err != nil {
			return nil, err
		}
		name, _ := key.(string)
		if out[name], err = d.value(token); err != nil {
			return nil, err
		}
	}
}

func (d *jsonReader) list() ([]any, error) {
	var out []any
	for {
		token, err := d.token()
		if err != nil || token == json.Delim(']') {
			return out, err
		}
		v, err := d.value(token)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
}
