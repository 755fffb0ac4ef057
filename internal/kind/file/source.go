package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/custodyhq/terraform-provider-custody/internal/system/files"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

const maxRecord = 1 << 20 // bytes between the ends of two records

// formats lists the readers by file extension.
var formats = map[string]func(*input, *table.Layout, func(*table.Row)) (table.Seen, error){
	".csv":    readCSV,
	".tsv":    readCSV,
	".json":   readJSON,
	".jsonl":  readJSONLines,
	".ndjson": readJSONLines,
	".yaml":   readYAML,
	".yml":    readYAML,
}

const acceptedFormats = ".csv, .tsv, .json, .jsonl, .ndjson, .yaml, .yml"

// source is an open file.
type source interface {
	io.ReadCloser
	Stat() (fs.FileInfo, error)
}

func openSource(at files.Place, path string) (source, error) { return at.Open(path) }

// input passes the bytes of one file to a reader, and refuses too many bytes,
// text that is not UTF-8, and NUL characters.
type input struct {
	ctx       context.Context
	file      source
	before    fs.FileInfo
	tabs      bool // the file's name says that tabs separate its fields
	begun     bool
	head      []byte // bytes that were read to find a byte order mark
	most      int64  // bytes that may be read
	offset    int64  // bytes handed out, the byte order mark included
	marked    int64  // offset at the last mark
	line      int    // newlines checked so far
	lineStart int64  // offset of the start of that line
	tail      []byte // a character that the last read cut
	stopped   error
}

func newInput(ctx context.Context, path string, file source, most int64) (*input, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > most {
		return nil, tooLarge(fmt.Sprintf("it has %d bytes", info.Size()), most)
	}
	return &input{ctx: ctx, file: file, before: info, most: most, tabs: strings.EqualFold(filepath.Ext(path), ".tsv")}, nil
}

func tooLarge(what string, most int64) error {
	if most < table.MaxBytes {
		what += fmt.Sprintf(" and the files before it %d", table.MaxBytes-most)
	}
	return &files.Refusal{
		Reason: what + "; the files of one table may have up to 64 MiB together, which is half a million records",
		Advice: "Export fewer columns or only the records that are in use, or connect the system itself instead of its export.",
	}
}

// mark says that a record is complete. The bytes between two marks are limited:
// an open quotation mark must not load the whole file into memory.
func (in *input) mark() { in.marked = in.offset }

// Read implements io.Reader.
func (in *input) Read(p []byte) (int, error) {
	if in.stopped != nil {
		return 0, in.stopped
	}
	n, err := in.read(p)
	if err != nil {
		in.stopped = err
	}
	return n, err
}

func (in *input) read(p []byte) (int, error) {
	if err := in.ctx.Err(); err != nil {
		return 0, err
	}
	if !in.begun {
		in.begun = true
		if err := in.skipMark(); err != nil {
			return 0, err
		}
	}
	n, err := 0, error(nil)
	if len(in.head) > 0 {
		n = copy(p, in.head)
		in.head = in.head[n:]
	} else {
		n, err = in.file.Read(p)
	}
	in.endLines(p[:n])
	if flawed := in.check(p[:n]); flawed != nil {
		return 0, flawed
	}
	in.offset += int64(n)
	switch {
	case in.offset > in.most:
		return 0, tooLarge("it grew while it was read", in.most)
	case in.offset-in.marked > maxRecord:
		return 0, &table.Flaw{Line: in.line + 1, Column: 1, Reason: "a record before this line is longer than 1 MiB; a quotation mark may be left open"}
	case errors.Is(err, io.EOF) && len(in.tail) > 0:
		return 0, in.notUTF8(in.offset - int64(len(in.tail)))
	}
	return n, err
}

// endLines turns a carriage return that no newline follows, which ends the lines of
// some exports, into a newline: otherwise the readers would see one line, and a
// header that contains the whole file.
func (in *input) endLines(p []byte) {
	for i := range p {
		if p[i] != '\r' {
			continue
		}
		if i+1 == len(p) && len(in.head) == 0 {
			next := make([]byte, 1)
			n, _ := io.ReadFull(in.file, next) // the next read returns the error again
			in.head = next[:n]
		}
		follows := byte(0)
		if i+1 < len(p) {
			follows = p[i+1]
		} else if len(in.head) > 0 {
			follows = in.head[0]
		}
		if follows != '\n' {
			p[i] = '\n'
		}
	}
}

// skipMark passes over a UTF-8 byte order mark.
func (in *input) skipMark() error {
	head := make([]byte, 3)
	n, err := io.ReadFull(in.file, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	if head = head[:n]; bytes.Equal(head, []byte("\xef\xbb\xbf")) {
		in.offset, in.lineStart = 3, 3
		return nil
	}
	if bytes.HasPrefix(head, []byte{0xff, 0xfe}) || bytes.HasPrefix(head, []byte{0xfe, 0xff}) {
		return &table.Flaw{Line: 1, Column: 1, Reason: "it is UTF-16; save it as UTF-8"}
	}
	in.head = head
	return nil
}

// check finds bytes that are not allowed in a text. p begins at in.offset.
func (in *input) check(p []byte) error {
	at := in.offset
	for len(in.tail) > 0 && len(p) > 0 {
		in.tail = append(in.tail, p[0])
		p, at = p[1:], at+1
		if !utf8.FullRune(in.tail) {
			continue
		}
		if !utf8.Valid(in.tail) {
			return in.notUTF8(at - int64(len(in.tail)))
		}
		in.tail = in.tail[:0]
	}
	for back := 1; back < utf8.UTFMax && back <= len(p); back++ {
		if i := len(p) - back; utf8.RuneStart(p[i]) {
			if !utf8.FullRune(p[i:]) {
				in.tail = append(in.tail[:0], p[i:]...)
				p = p[:i]
			}
			break
		}
	}
	if i := bytes.IndexByte(p, 0); i >= 0 {
		in.count(p[:i], at)
		return &table.Flaw{Line: in.line + 1, Column: int(at+int64(i)-in.lineStart) + 1, Reason: "a NUL character is not accepted; if the file is UTF-16, save it as UTF-8"}
	}
	if !utf8.Valid(p) {
		i := firstInvalid(p)
		in.count(p[:i], at)
		return in.notUTF8(at + int64(i))
	}
	in.count(p, at)
	return nil
}

func firstInvalid(p []byte) int {
	for i := 0; i < len(p); {
		r, size := utf8.DecodeRune(p[i:])
		if r == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
	return len(p)
}

// count moves the position on over p, which begins at the given offset.
func (in *input) count(p []byte, at int64) {
	if n := bytes.Count(p, []byte{'\n'}); n > 0 {
		in.line += n
		in.lineStart = at + int64(bytes.LastIndexByte(p, '\n')) + 1
	}
}

func (in *input) notUTF8(offset int64) error {
	return &table.Flaw{Line: in.line + 1, Column: int(offset-in.lineStart) + 1, Reason: "the text is not UTF-8; save the file as UTF-8"}
}

// finish reports whether the file did not change while it was read.
func (in *input) finish() error {
	after, err := in.file.Stat()
	if err != nil {
		return err
	}
	if after.Size() != in.before.Size() || !after.ModTime().Equal(in.before.ModTime()) || in.offset != in.before.Size() {
		return &table.Flaw{Reason: fmt.Sprintf("it changed while it was read (%d bytes at first, %d at last, %d read)",
			in.before.Size(), after.Size(), in.offset)}
	}
	return nil
}
