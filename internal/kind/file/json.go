package file

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

// maxDepth limits the nesting of values that are skipped.
const maxDepth = 64

// readJSON reads an array of objects, or an object with one array among its
// members, the form in which many interfaces export a list.
func readJSON(in *input, l *table.Layout, emit func(*table.Row)) (seen table.Seen, err error) {
	d := newJSONReader(in, l, emit)
	token, err := d.token()
	if errors.Is(err, io.EOF) {
		return seen, &table.Flaw{Reason: "it is empty"}
	}
	if err != nil {
		return seen, err
	}
	switch token {
	case json.Delim('['):
		err = d.records()
	case json.Delim('{'):
		err = d.envelope()
	default:
		return seen, d.flaw("an array of objects, or an object with one array, is accepted here")
	}
	if err != nil {
		return seen, err
	}
	if _, err := d.token(); !errors.Is(err, io.EOF) {
		if err != nil {
			return seen, err
		}
		return seen, d.flaw("nothing is accepted after the end of the records")
	}
	return d.row.Seen, nil
}

// readJSONLines reads one object after the other.
func readJSONLines(in *input, l *table.Layout, emit func(*table.Row)) (seen table.Seen, err error) {
	d := newJSONReader(in, l, emit)
	for {
		token, err := d.token()
		switch {
		case errors.Is(err, io.EOF) && in.offset == 0:
			return seen, &table.Flaw{Reason: "it is empty; a file without records holds an empty line"}
		case errors.Is(err, io.EOF):
			return d.row.Seen, nil
		case err != nil:
			return seen, err
		case token != json.Delim('{'):
			return seen, d.flaw("one object a line is accepted")
		}
		if err := d.record(); err != nil {
			return seen, err
		}
	}
}

type jsonReader struct {
	in     *input
	layout *table.Layout
	emit   func(*table.Row)
	lines  *lineTracker
	dec    *json.Decoder
	depth  int
	line   int // of the last token
	column int
	row    table.Row
	blank  bool // the record is empty so far
	rows   int  // objects in the array of records
	nodes  int  // values around it that were kept
}

func newJSONReader(in *input, l *table.Layout, emit func(*table.Row)) *jsonReader {
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

// lineTracker stores where lines begin in the bytes that the decoder has read
// but not yet used.
type lineTracker struct {
	r      io.Reader
	offset int64
	starts []int64 // offsets of line starts that at has not passed
	line   int     // lines that at has passed
	start  int64   // offset at which the current line starts
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
