package file

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

// maxHeader limits the header line, in which the delimiter is searched.
const maxHeader = 64 << 10

// readCSV reads a file as RFC 4180 describes it. A row with another number of
// fields than the header is an error: it shows a cut or shifted row.
func readCSV(in *input, l *table.Layout, emit func(*table.Row)) (seen table.Seen, err error) {
	buffered := bufio.NewReaderSize(in, maxHeader)
	comma, above, err := delimiter(buffered, in.tabs)
	if err != nil {
		return seen, err
	}
	r := csv.NewReader(buffered)
	r.Comma = comma
	r.ReuseRecord = true
	header, err := r.Read()
	if err != nil {
		return seen, csvFlaw(err, above)
	}
	header = slices.Clone(header)
	width := len(header)
	swallowed := slices.ContainsFunc(header, holdsLineEnd)
	feeds, seen, reason := l.Header(header)
	if reason != "" {
		if width == 1 {
			reason += "; the header has only one field: separate fields by a comma, a semicolon or a tab, or state the separator in a first line such as sep="
		}
		return seen, &table.Flaw{Line: above + 1, Column: 1, Reason: reason}
	}
	var out table.Row
	for rows := 0; ; rows++ {
		in.mark()
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			if swallowed && rows == 0 {
				return seen, &table.Flaw{Line: above + 1, Column: 1, Reason: "the header holds line ends and no row follows it; a quotation mark or the line ends may be wrong"}
			}
			return seen, nil
		}
		if err != nil && !errors.Is(err, csv.ErrFieldCount) {
			return seen, csvFlaw(err, above) // first, because what was read until then comes with it
		}
		if isEmptyRow(cells, width) || isHeader(cells, header) {
			rows--
			continue
		}
		out.Reset()
		if errors.Is(err, csv.ErrFieldCount) {
			line, _ := r.FieldPos(0)
			out.Break(&table.Flaw{Line: line + above, Column: 1, Reason: fmt.Sprintf("the row has %d fields and the header has %d; the row may be cut off", len(cells), width)})
			emit(&out)
			continue
		}
		out.Line, out.Column = r.FieldPos(0)
		out.Line += above
		for i, to := range feeds {
			if len(to) == 0 {
				continue
			}
			c := table.Cell{Text: cells[i]}
			c.Line, c.Column = r.FieldPos(i)
			c.Line += above
			out.Set(to, c)
		}
		emit(&out)
	}
}

// isEmptyRow reports whether a row contains only delimiters, which spreadsheets
// write after the last row. In a row of another width than the header these
// characters may be something else.
func isEmptyRow(cells []string, width int) bool {
	blank := " \t\n"
	if len(cells) != width {
		blank += ",;"
	}
	return len(cells) > 0 && !slices.ContainsFunc(cells, func(s string) bool { return strings.Trim(s, blank) != "" })
}

// isHeader reports whether a row repeats the header, as in concatenated exports. It
// may begin with a byte order mark.
func isHeader(cells, header []string) bool {
	return len(cells) > 0 && len(cells) == len(header) && strings.TrimPrefix(cells[0], "\ufeff") == header[0] && slices.Equal(cells[1:], header[1:])
}

// holdsLineEnd reports whether the name of a column contains a line end of any kind
// of file or program.
func holdsLineEnd(name string) bool {
	return strings.ContainsAny(name, "\n\v\f\u0085\u2028\u2029\x1e") || strings.Contains(name, `\n`) || strings.Contains(name, `\r`)
}

// stated matches a first line that tells spreadsheets the delimiter.
var stated = regexp.MustCompile("^\"?(?i:sep)=([,;\t|])\"?[,;\t]*\r?\n")

// delimiter returns the character between the fields: the one that a line above the
// header states, or the most frequent one of the header outside quotation marks. It
// skips that line, and returns the number of lines above the header.
func delimiter(r *bufio.Reader, tabs bool) (comma rune, above int, err error) {
	head, err := r.Peek(maxHeader)
	if err != nil && !errors.Is(err, io.EOF) && len(head) == 0 {
		return 0, 0, err
	}
	if line := stated.FindSubmatch(head); line != nil {
		_, discarded := r.Discard(len(line[0]))
		return rune(line[1][0]), 1, discarded
	}
	commas, semicolons, tabulators, ended := marks(head)
	switch {
	case err == nil && !ended:
		return 0, 0, &table.Flaw{Line: 1, Column: 1, Reason: "the header is longer than 64 KiB"}
	case tabs || tabulators > commas && tabulators > semicolons:
		return '\t', 0, nil
	case semicolons > commas:
		return ';', 0, nil
	}
	return ',', 0, nil
}

// marks counts the possible delimiters of a header, and reports whether the header
// ends.
func marks(head []byte) (commas, semicolons, tabulators int, ended bool) {
	quoted, begun := false, false
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
			return commas, semicolons, tabulators, true
		}
	}
	return commas, semicolons, tabulators, false
}

// csvFlaw explains an error of encoding/csv, with its line in the file.
func csvFlaw(err error, above int) error {
	if errors.Is(err, io.EOF) {
		return &table.Flaw{Reason: "it is empty: even the header is missing"}
	}
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return err
	}
	switch {
	case errors.Is(err, csv.ErrQuote):
		return &table.Flaw{Line: parse.Line + above, Column: parse.Column, Reason: fmt.Sprintf(
			"there is one quotation mark too few or too many in the row that begins in line %d; the file may be cut off", parse.StartLine+above)}
	case errors.Is(err, csv.ErrBareQuote):
		return &table.Flaw{Line: parse.Line + above, Column: parse.Column, Reason: `a quotation mark stands inside a field that is not quoted; write "" inside quotation marks`}
	}
	return err
}
