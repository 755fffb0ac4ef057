package file

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

// record reads an object whose brace has been read. An empty object is skipped.
func (d *jsonReader) record() error {
	d.row.Reset()
	d.row.Line, d.row.Column = d.line, d.column
	d.blank = true
	if err := d.members("", false); err != nil {
		return err
	}
	if !d.blank {
		d.emit(&d.row)
	}
	return nil
}

// members reads the members of an object whose brace has been read. listed says that
// the object is one of a list, so that each of its texts is one of several.
func (d *jsonReader) members(outer string, listed bool) error {
	var read []string
	for {
		token, err := d.token()
		if err != nil || token == json.Delim('}') {
			return err
		}
		key, _ := token.(string)
		path := table.Path(outer, key)
		feeds, within := d.layout.Feeds(path), d.layout.Within(path)
		if len(feeds) > 0 || within {
			if slices.Contains(read, path) {
				return d.flaw(fmt.Sprintf("the object names %s twice", table.Quote(key)))
			}
			read = append(read, path)
		}
		if err := d.member(path, key, feeds, within, listed); err != nil {
			return err
		}
	}
}

func (d *jsonReader) member(path, key string, feeds []table.Feed, within, listed bool) error {
	token, err := d.token()
	if err != nil {
		return err
	}
	at := table.Cell{Line: d.line, Column: d.column}
	switch {
	case token == json.Delim('{') && within:
		return d.inside(path, key, feeds, listed)
	case token == json.Delim('[') && (within || len(feeds) > 0):
		return d.elements(path, key, feeds, within, listed)
	case len(feeds) == 0:
		return d.skip(token)
	case token == json.Delim('{'):
		d.refuse(feeds, key)
		return d.skip(token)
	}
	at.Text = text(token)
	d.blank = d.blank && at.Text == ""
	if listed {
		d.row.Add(feeds, at)
	} else {
		d.row.Set(feeds, at)
	}
	return nil
}

// inside reads an object with members that are read. If a text is accepted as well,
// an object without any of these members is an error, because a reference to a
// person would otherwise look empty.
func (d *jsonReader) inside(path, key string, feeds []table.Feed, listed bool) error {
	line, column, values, blank := d.line, d.column, d.row.Values, d.blank
	d.blank = true
	if err := d.members(path, listed); err != nil {
		return err
	}
	if !d.blank && d.row.Values == values {
		d.row.Refuse(feeds, refused(line, column, key))
	}
	d.blank = d.blank && blank
	return nil
}

// elements reads a list whose bracket has been read: of texts, or of objects in which
// there are members that are read.
func (d *jsonReader) elements(path, key string, feeds []table.Feed, within, listed bool) error {
	c := table.Cell{Line: d.line, Column: d.column, IsList: true}
	for {
		token, err := d.token()
		if err != nil {
			return err
		}
		switch {
		case token == json.Delim(']') && listed:
			for _, text := range c.List {
				d.row.Add(feeds, table.Cell{Text: text, Line: c.Line, Column: c.Column})
			}
			return nil
		case token == json.Delim(']'):
			if len(feeds) > 0 {
				d.row.Set(feeds, c)
			}
			return nil
		case token == json.Delim('{') && within:
			err = d.inside(path, key, feeds, true)
		case token == json.Delim('{'), token == json.Delim('['):
			d.refuse(feeds, key)
			err = d.skip(token)
		default:
			s := text(token)
			d.blank = d.blank && s == ""
			if len(c.List) <= table.MaxList {
				c.List = append(c.List, s)
			}
		}
		if err != nil {
			return err
		}
	}
}

// refuse notes that there is an object or a list instead of a text.
func (d *jsonReader) refuse(feeds []table.Feed, key string) {
	d.row.Refuse(feeds, refused(d.line, d.column, key))
}

func refused(line, column int, key string) *table.Flaw {
	return &table.Flaw{Line: line, Column: column,
		Reason: table.Quote(key) + " holds an object or a list; a text is accepted there, or a path to a member inside it"}
}

// text returns a value that is neither an object nor a list, as it is written.
func text(token json.Token) string {
	switch v := token.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// skip passes over a value whose first token has been read.
func (d *jsonReader) skip(token json.Token) error {
	inside := d.depth
	if d.blank = d.blank && (token == nil || token == ""); token != json.Delim('[') && token != json.Delim('{') {
		return nil
	}
	for d.depth >= inside {
		if d.depth > maxDepth {
			return d.flaw("values are nested too deeply")
		}
		if _, err := d.token(); err != nil {
			return err
		}
	}
	return nil
}
