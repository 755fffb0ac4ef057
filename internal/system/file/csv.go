package file

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// maxHeader bounds the header line, in which the delimiter is looked for.
const maxHeader = 64 << 10

// readCSV reads a file as RFC 4180 describes it. A row with another number of
// fields than the header is an error: it is how a cut or shifted row shows.
func readCSV(in *input, l *layout, emit func(*row) error) (bits, error) {
	buffered := bufio.NewReaderSize(in, maxHeader)
	comma, err := delimiter(buffered, in.tabs)
	if err != nil {
		return 0, err
	}
	r := csv.NewReader(buffered)
	r.Comma = comma
	r.ReuseRecord = true
	header, err := r.Read()
	if err != nil {
		return 0, csvFlaw(err, 0, 0)
	}
	width := len(header)
	fields, seen, err := l.readHeader(header)
	if err != nil {
		return 0, err
	}
	var out row
	for {
		in.mark()
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return seen, nil
		}
		if err != nil {
			return 0, csvFlaw(err, len(cells), width)
		}
		out.line, out.column = r.FieldPos(0)
		out.present = seen
		for i, feeds := range fields {
			if len(feeds) == 0 {
				continue
			}
			c := cell{text: cells[i]}
			c.line, c.column = r.FieldPos(i)
			out.set(feeds, c)
		}
		if err := emit(&out); err != nil {
			return 0, err
		}
	}
}

// readHeader returns the fields that each column feeds.
func (l *layout) readHeader(header []string) (fields [][]int, seen bits, err error) {
	found := make([]string, 0, len(header))
	first := make(map[string]bool, len(header))
	fields = make([][]int, len(header))
	for i, text := range header {
		name := foldHeader(text)
		if name == "" {
			continue
		}
		if first[name] {
			return nil, 0, &flaw{line: 1, column: 1, reason: fmt.Sprintf("the header names the column %s twice", quote(system.Clean(text)))}
		}
		first[name] = true
		found = append(found, system.Clean(text))
		fields[i] = l.fieldsOf[name]
		for _, f := range fields[i] {
			seen |= 1 << f
		}
	}
	if reason := l.checkSeen(seen, found); reason != "" {
		return nil, 0, &flaw{line: 1, column: 1, reason: reason}
	}
	return fields, seen, nil
}

// delimiter returns the character that parts the fields of the header: the most
// frequent one outside quotation marks.
func delimiter(r *bufio.Reader, tabs bool) (rune, error) {
	head, err := r.Peek(maxHeader)
	if err != nil && !errors.Is(err, io.EOF) && len(head) == 0 {
		return 0, err
	}
	var commas, semicolons, tabulators int
	quoted, begun, ended := false, false, false
scan:
	for _, c := range head {
		begun = begun || c != '\r' && c != '\n'
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ',':
			commas++
		case c == ';':
			semicolons++
		case c == '\t':
			tabulators++
		case c == '\n' && begun:
			ended = true
			break scan
		}
	}
	switch {
	case err == nil && !ended:
		return 0, &flaw{line: 1, column: 1, reason: "the header is longer than 64 KiB"}
	case tabs || tabulators > commas && tabulators > semicolons:
		return '\t', nil
	case semicolons > commas:
		return ';', nil
	}
	return ',', nil
}

// csvFlaw says what encoding/csv found, in words that need no RFC.
func csvFlaw(err error, got, width int) error {
	if errors.Is(err, io.EOF) {
		return &flaw{reason: "it is empty: it has not even a header"}
	}
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return err
	}
	switch {
	case errors.Is(err, csv.ErrFieldCount):
		return &flaw{parse.StartLine, 1, fmt.Sprintf("the row has %d fields and the header has %d; the row may be cut off", got, width)}
	case errors.Is(err, csv.ErrQuote):
		return &flaw{parse.Line, parse.Column, fmt.Sprintf(
			"a quotation mark is missing or too many in the row that begins in line %d; the file may be cut off", parse.StartLine)}
	case errors.Is(err, csv.ErrBareQuote):
		return &flaw{parse.Line, parse.Column, `a quotation mark stands inside a field that is not quoted; write "" inside quotation marks`}
	}
	return err
}
