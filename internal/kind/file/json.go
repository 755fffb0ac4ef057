package file

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

// maxDepth bounds the nesting of values that are passed over.
const maxDepth = 64

// readJSON reads an array of objects, or an object with one array among its
// members, which is how many interfaces export a list.
func readJSON(in *input, l *table.Layout, emit func(*table.Row) error) (table.Bits, error) {
	d := newJSONReader(in, l, emit)
	token, err := d.token()
	if errors.Is(err, io.EOF) {
		return 0, &table.Flaw{Reason: "it is empty"}
	}
	if err != nil {
		return 0, err
	}
	switch token {
	case json.Delim('['):
		err = d.records()
	case json.Delim('{'):
		err = d.envelope()
	default:
		return 0, d.flaw("an array of objects, or an object with one array, is accepted here")
	}
	if err != nil {
		return 0, err
	}
	if _, err := d.token(); !errors.Is(err, io.EOF) {
		if err != nil {
			return 0, err
		}
		return 0, d.flaw("nothing is accepted after the end of the records")
	}
	return d.seen, nil
}

// readJSONLines reads one object after the other.
func readJSONLines(in *input, l *table.Layout, emit func(*table.Row) error) (table.Bits, error) {
	d := newJSONReader(in, l, emit)
	for {
		token, err := d.token()
		switch {
		case errors.Is(err, io.EOF) && in.offset == 0:
			return 0, &table.Flaw{Reason: "it is empty; a file without records holds an empty line"}
		case errors.Is(err, io.EOF):
			return d.seen, nil
		case err != nil:
			return 0, err
		case token != json.Delim('{'):
			return 0, d.flaw("one object a line is accepted")
		}
		if err := d.record(); err != nil {
			return 0, err
		}
	}
}

type jsonReader struct {
	in     *input
	layout *table.Layout
	emit   func(*table.Row) error
	lines  *lineTracker
	dec    *json.Decoder
	depth  int
	line   int // of the last token
	column int
	seen   table.Bits
	row    table.Row
	rows   int // objects in the array of records
	nodes  int // values around it that were kept
}

func newJSONReader(in *input, l *table.Layout, emit func(*table.Row) error) *jsonReader {
	lines := &lineTracker{r: in}
	dec := json.NewDecoder(lines)
	dec.UseNumber()
	return &jsonReader{in: in, layout: l, emit: emit, lines: lines, dec: dec}
}

// token returns the next token. The end of the text inside a value is not
// io.EOF, as it is for the decoder, but a flaw.
func (d *jsonReader) token() (json.Token, error) {
	token, err := d.dec.Token()
	d.line, d.column = d.lines.at(d.dec.InputOffset())
	if err != nil {
		return nil, d.explain(err)
	}
	d.in.mark()
	switch token {
	case json.Delim('['), json.Delim('{'):
		d.depth++
	case json.Delim(']'), json.Delim('}'):
		d.depth--
	}
	return token, nil
}

func (d *jsonReader) explain(err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF) && d.depth > 0:
		return d.flaw("the file ends inside a record; it may be cut off")
	case errors.As(err, &syntax):
		return d.flaw("this is not JSON: " + syntax.Error())
	}
	return err
}

func (d *jsonReader) flaw(reason string) error {
	return &table.Flaw{Line: d.line, Column: d.column, Reason: reason}
}

// records reads the objects of an array whose bracket has been read.
func (d *jsonReader) records() error {
	for {
		token, err := d.token()
		switch {
		case err != nil:
			return err
		case token == json.Delim(']'):
			return nil
		case token != json.Delim('{'):
			return d.flaw("only objects are accepted as records")
		}
		d.rows++
		if err := d.record(); err != nil {
			return err
		}
	}
}

// record reads an object whose brace has been read.
func (d *jsonReader) record() error {
	r := &d.row
	r.Reset()
	r.Line, r.Column = d.line, d.column
	for {
		token, err := d.token()
		if err != nil {
			return err
		}
		if token == json.Delim('}') {
			break
		}
		key, _ := token.(string)
		fields := d.layout.FieldsOf(key)
		if len(fields) > 0 && r.Present.Has(fields[0]) {
			return d.flaw(fmt.Sprintf("the object names %s twice", table.Quote(key)))
		}
		if err := d.member(r, key, fields); err != nil {
			return err
		}
	}
	d.seen |= r.Present
	return d.emit(r)
}

func (d *jsonReader) member(r *table.Row, key string, fields []int) error {
	token, err := d.token()
	if err != nil {
		return err
	}
	if len(fields) == 0 {
		return d.skip(token)
	}
	c := table.Cell{Line: d.line, Column: d.column}
	if token == json.Delim('[') {
		c.IsList = true
		c.List, err = d.texts(key)
	} else {
		c.Text, err = d.text(token, key)
	}
	if err != nil {
		return err
	}
	r.Set(fields, c)
	return nil
}

func (d *jsonReader) texts(key string) ([]string, error) {
	var out []string
	size := 0
	for {
		token, err := d.token()
		if err != nil {
			return nil, err
		}
		if token == json.Delim(']') {
			return out, nil
		}
		s, err := d.text(token, key)
		if err != nil {
			return nil, err
		}
		size += len(s)
		if out = append(out, s); len(out) > table.MaxList || size > table.MaxCell {
			return nil, d.flaw(fmt.Sprintf("%s lists more than %d texts or 64 KiB", table.Quote(key), table.MaxList))
		}
	}
}

func (d *jsonReader) text(token json.Token, key string) (string, error) {
	switch v := token.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case bool:
		return strconv.FormatBool(v), nil
	}
	return "", d.flaw(fmt.Sprintf("%s holds an object or a list; a text is accepted there", table.Quote(key)))
}

// skip passes over a value whose first token has been read.
func (d *jsonReader) skip(token json.Token) error {
	inside := d.depth
	if token != json.Delim('[') && token != json.Delim('{') {
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

// lineTracker remembers where lines begin in the bytes that the decoder has
// taken but not yet used.
type lineTracker struct {
	r      io.Reader
	offset int64
	starts []int64 // offsets of line starts that at has not passed
	line   int     // lines that at has passed
	start  int64   // offset at which the present line starts
}

func (t *lineTracker) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	for i := 0; i < n; {
		next := bytes.IndexByte(p[i:n], '\n')
		if next < 0 {
			break
		}
		i += next + 1
		t.starts = append(t.starts, t.offset+int64(i))
	}
	t.offset += int64(n)
	return n, err
}

// at returns the line and the column of an offset. Offsets must not fall.
func (t *lineTracker) at(offset int64) (line, column int) {
	passed := 0
	for passed < len(t.starts) && t.starts[passed] <= offset {
		t.start = t.starts[passed]
		passed++
	}
	t.line += passed
	t.starts = t.starts[passed:]
	return t.line + 1, int(offset-t.start) + 1
}
