package file

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode"

	"github.com/custodyhq/terraform-provider-custody/internal/system/files"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

const (
	maxYAML   = 4 << 20   // bytes of a file; the library needs seconds for each million
	maxChunk  = 128 << 10 // bytes that are parsed at a time
	maxBlanks = 100       // empty lines in a row, over which the library needs quadratic time
)

// readYAML reads a list of mappings, or a mapping with one list among its
// values, in one or several documents.
//
// The YAML library needs some fifty bytes of memory for each byte it parses, so
// the file is cut between the items of its list, where the indentation shows
// them, and parsed item by item. Only a list in flow style ([…]) is parsed
// whole.
func readYAML(in *input, l *table.Layout, emit func(*table.Row)) (seen table.Seen, err error) {
	if size := in.before.Size(); size > maxYAML {
		return seen, &files.Refusal{
			Reason: fmt.Sprintf("it has %d bytes; a YAML file may have up to 4 MiB, because each MiB takes seconds to parse", size),
			Advice: "Export it as JSON Lines (.jsonl) or CSV, which are read a hundred times as fast.",
		}
	}
	s := &yamlSplitter{in: in, parse: yamlParser{layout: l, emit: emit}}
	lines := bufio.NewReaderSize(in, maxChunk)
	for {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return seen, &table.Flaw{Line: s.line + 1, Column: 1, Reason: "the line is longer than 128 KiB"}
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return seen, err
		}
		if len(line) > 0 {
			s.line++
			if err := s.take(line); err != nil {
				return seen, err
			}
		}
		if err != nil {
			break
		}
	}
	if err := s.endDocument(); err != nil {
		return seen, err
	}
	if !s.any {
		return seen, &table.Flaw{Reason: "it is empty"}
	}
	return s.parse.row.Seen, nil
}

// yamlMode is the form of the current document.
type yamlMode uint8

const (
	yamlNothing  yamlMode = iota // no line of it has been read
	yamlSequence                 // a list of items
	yamlMapping                  // keys, inside the value of one of them
	yamlKeyed                    // keys, inside the list of one of them
	yamlFlow                     // […] or {…}
)

// yamlSplitter cuts a file into chunks that can be parsed separately.
type yamlSplitter struct {
	in    *input
	parse yamlParser
	line  int
	mode  yamlMode
	key   int  // indentation of the keys of a mapping
	item  int  // indentation of the items of a list
	bare  bool // the chunk is a key without a value so far
	any   bool // a document was not empty
	lists int  // lists of records in this document
	chunk []byte
	items bool // the chunk is an item of a list that has been counted
	begun int  // line at which the chunk begins
	blank int  // empty lines just before this one
}

func (s *yamlSplitter) take(line []byte) error {
	text := bytes.TrimRight(line, "\r\n")
	content := bytes.TrimLeft(text, " ")
	indent := len(text) - len(content)
	s.blank++
	switch {
	case len(bytes.TrimSpace(content)) == 0 || content[0] == '#':
		if len(s.chunk) == 0 {
			return nil
		}
		if s.blank > maxBlanks {
			return s.flaw("more than 100 empty or comment lines in a row are not accepted inside a record")
		}
		return s.append(line)
	}
	s.blank = 0
	switch {
	case indent == 0 && isMarker(text, "---"):
		if rest := bytes.TrimSpace(text[3:]); len(rest) > 0 && rest[0] != '#' {
			return s.flaw("nothing is accepted after --- on the same line")
		}
		return s.endDocument()
	case indent == 0 && isMarker(text, "..."):
		return s.endDocument()
	}
	s.any = true
	isItem := isMarker(content, "-")
	switch s.mode {
	case yamlNothing:
		return s.first(line, content, indent, isItem)
	case yamlSequence:
		if indent <= s.item {
			if indent < s.item || !isItem {
				return s.flaw("the line does not belong to the list above it")
			}
			return s.next(line, false)
		}
	case yamlMapping, yamlKeyed:
		return s.inMapping(line, content, indent, isItem)
	case yamlFlow:
	}
	return s.append(line)
}

// first determines the form of a document from its first line.
func (s *yamlSplitter) first(line, content []byte, indent int, isItem bool) error {
	switch {
	case isItem:
		s.mode, s.item = yamlSequence, indent
		s.lists++
	case content[0] == '[' || content[0] == '{':
		s.mode = yamlFlow
	case content[0] == '%':
		return s.flaw("directives are not accepted")
	default:
		s.mode, s.key = yamlMapping, indent
		return s.next(line, isBareKey(content))
	}
	return s.next(line, false)
}

func (s *yamlSplitter) inMapping(line, content []byte, indent int, isItem bool) error {
	switch {
	case s.mode == yamlMapping && s.bare && isItem && indent >= s.key:
		// The line of the key is removed: its items are parsed without it.
		s.chunk = s.chunk[:0]
		s.mode, s.item = yamlKeyed, indent
		s.lists++
		if s.lists > 1 {
			return s.flaw("the mapping holds two lists; one is accepted")
		}
		return s.next(line, false)
	case s.mode == yamlKeyed && isItem && indent == s.item:
		return s.next(line, false)
	case indent < s.key:
		return s.flaw("the line does not belong to the mapping above it")
	case indent == s.key && !isItem:
		s.mode = yamlMapping
		return s.next(line, isBareKey(content))
	case s.mode == yamlKeyed && indent <= s.item:
		return s.flaw("the line does not belong to the list above it")
	}
	s.bare = false
	return s.append(line)
}

// next begins a chunk with the line.
func (s *yamlSplitter) next(line []byte, bare bool) error {
	if err := s.flush(); err != nil {
		return err
	}
	s.bare, s.begun = bare, s.line
	s.items = s.mode == yamlSequence || s.mode == yamlKeyed
	return s.append(line)
}

func (s *yamlSplitter) append(line []byte) error {
	if len(s.chunk)+len(line) > maxChunk {
		return s.flaw("a record, or a list in flow style, is longer than 128 KiB")
	}
	s.chunk = append(s.chunk, line...)
	return nil
}

// flush parses the current chunk.
func (s *yamlSplitter) flush() error {
	if len(s.chunk) == 0 {
		return nil
	}
	lists, err := s.parse.chunk(s.chunk, s.begun-1)
	s.chunk = s.chunk[:0]
	s.in.mark()
	if err != nil {
		return err
	}
	if !s.items {
		s.lists += lists
	}
	return nil
}

func (s *yamlSplitter) endDocument() error {
	if s.mode == yamlNothing {
		return nil
	}
	if err := s.flush(); err != nil {
		return err
	}
	if s.lists != 1 {
		return s.flaw(fmt.Sprintf("the document that ends here holds %d lists of records; one is accepted", s.lists))
	}
	s.mode, s.lists, s.bare = yamlNothing, 0, false
	return s.parse.endDocument()
}

func (s *yamlSplitter) flaw(reason string) error {
	return &table.Flaw{Line: s.line, Column: 1, Reason: reason}
}

// isMarker reports whether the line begins with the marker, followed by white
// space or the end of the line.
func isMarker(line []byte, mark string) bool {
	rest, ok := bytes.CutPrefix(line, []byte(mark))
	return ok && (len(rest) == 0 || rest[0] == ' ' || rest[0] == '\t')
}

// isBareKey reports whether a line is a plain key and nothing else. A key that
// needs quotation marks is left to the parser, with all that stands below it.
func isBareKey(content []byte) bool {
	if i := bytes.Index(content, []byte(" #")); i >= 0 {
		content = content[:i]
	}
	name, ok := bytes.CutSuffix(bytes.TrimSpace(content), []byte(":"))
	return ok && len(name) > 0 && !bytes.ContainsFunc(name, func(r rune) bool {
		return r != '_' && r != '-' && r != '.' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}
