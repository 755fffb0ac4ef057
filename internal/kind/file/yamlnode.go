package file

import (
	"fmt"
	"slices"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

// yamlParser turns chunks of YAML into rows. It reads values as they are
// written: an id of 007 is not a number, and a date is not a timestamp.
type yamlParser struct {
	layout *table.Layout
	emit   func(*table.Row)
	row    table.Row
	blank  bool // the record holds nothing so far
	above  int  // lines of the file above the chunk
	rows   int  // records of the current document
	around map[string]any
}

// chunk reads a list of records, or a mapping in which it counts the lists and
// reads them.
func (p *yamlParser) chunk(text []byte, above int) (lists int, err error) {
	p.above = above
	file, err := table.ParseYAML(text, above)
	if err != nil {
		return 0, err
	}
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		n, err := p.document(doc.Body)
		if err != nil {
			return 0, err
		}
		lists += n
	}
	return lists, nil
}

func (p *yamlParser) document(node ast.Node) (lists int, err error) {
	switch n := node.(type) {
	case *ast.SequenceNode:
		return 1, p.records(n)
	case ast.MapNode:
		for it := n.MapRange(); it.Next(); {
			if list, ok := it.Value().(*ast.SequenceNode); ok {
				if lists++; lists > 1 {
					return lists, p.flaw(list, "the mapping holds two lists; one is accepted")
				}
				if err := p.records(list); err != nil {
					return lists, err
				}
				continue
			}
			p.keepAround(it)
		}
		return lists, nil
	case *ast.CommentNode, *ast.CommentGroupNode:
		return 0, nil
	}
	return 0, p.flaw(node, "a list of mappings, or a mapping with one list, is accepted here")
}

func (p *yamlParser) records(list *ast.SequenceNode) error {
	for _, node := range list.Values {
		m, ok := node.(ast.MapNode)
		if !ok {
			return p.flaw(node, "only mappings are accepted as records")
		}
		p.rows++
		if err := p.record(node, m); err != nil {
			return err
		}
	}
	return nil
}

// keepAround keeps a member of the mapping that surrounds the records.
func (p *yamlParser) keepAround(it *ast.MapNodeIter) {
	if p.around == nil {
		p.around = make(map[string]any)
	}
	p.around[it.Key().GetToken().Value] = plainOf(it.Value())
}

// endDocument returns a flaw if the document states that it is only a part of a
// list.
func (p *yamlParser) endDocument() error {
	err := part(p.around, p.rows)
	p.around, p.rows = nil, 0
	return err
}

// plainOf returns a value in the form of decoded JSON. ParseYAML limits its
// depth.
func plainOf(node ast.Node) any {
	switch n := node.(type) {
	case ast.MapNode:
		out := make(map[string]any)
		for it := n.MapRange(); it.Next(); {
			out[it.Key().GetToken().Value] = plainOf(it.Value())
		}
		return out
	case *ast.StringNode:
		return n.Value
	case *ast.BoolNode:
		return n.Value
	case *ast.IntegerNode, *ast.FloatNode:
		return node.GetToken().Value
	}
	return nil
}

// record reads a mapping. An empty mapping is skipped.
func (p *yamlParser) record(node ast.Node, m ast.MapNode) error {
	p.row.Reset()
	p.row.Line, p.row.Column = p.at(node)
	if it := m.MapRange(); it.Next() {
		// A mapping's own position is that of its first colon.
		p.row.Line, p.row.Column = p.at(it.Key())
	}
	p.blank = true
	if err := p.members(m, "", false); err != nil {
		return err
	}
	if !p.blank {
		p.emit(&p.row)
	}
	return nil
}

// members reads the members of a mapping. listed says that it is one of a list, so
// that each of its texts is one of several.
func (p *yamlParser) members(m ast.MapNode, outer string, listed bool) error {
	var read []string
	for it := m.MapRange(); it.Next(); {
		key, err := p.text(it.Key())
		if err != nil {
			return err
		}
		path := table.Path(outer, key)
		feeds, within := p.layout.Feeds(path), p.layout.Within(path)
		if len(feeds) == 0 && !within {
			_, null := it.Value().(*ast.NullNode)
			p.blank = p.blank && (null || it.Value() == nil)
			continue
		}
		if slices.Contains(read, path) {
			return p.flaw(it.Key(), fmt.Sprintf("the record names %s twice", table.Quote(key)))
		}
		read = append(read, path)
		if err := p.member(it.Value(), path, key, feeds, within, listed); err != nil {
			return err
		}
	}
	return nil
}

func (p *yamlParser) member(node ast.Node, path, key string, feeds []table.Feed, within, listed bool) error {
	var c table.Cell
	c.Line, c.Column = p.at(node)
	m, isMap := node.(ast.MapNode)
	list, isList := node.(*ast.SequenceNode)
	switch {
	case isMap && within:
		return p.inside(m, path, key, feeds, listed)
	case isList:
		return p.elements(list, path, key, feeds, within, listed)
	case len(feeds) == 0:
		p.blank = false
		return nil
	}
	var err error
	if c.Text, err = p.text(node); err != nil {
		return err
	}
	p.blank = p.blank && c.Text == ""
	if listed {
		p.row.Add(feeds, c)
	} else {
		p.row.Set(feeds, c)
	}
	return nil
}

// inside reads a mapping with members that are read. If a text is accepted as
// well, a mapping without any of these members is an error.
func (p *yamlParser) inside(m ast.MapNode, path, key string, feeds []table.Feed, listed bool) error {
	values, blank := p.row.Values, p.blank
	p.blank = true
	if err := p.members(m, path, listed); err != nil {
		return err
	}
	if !p.blank && p.row.Values == values {
		line, column := p.above+1, 1
		if it := m.MapRange(); it.Next() {
			line, column = p.at(it.Key())
		}
		p.row.Refuse(feeds, refused(line, column, key))
	}
	p.blank = p.blank && blank
	return nil
}

// elements reads a list of texts, or of mappings in which there are members that are
// read.
func (p *yamlParser) elements(list *ast.SequenceNode, path, key string, feeds []table.Feed, within, listed bool) error {
	c := table.Cell{IsList: true}
	c.Line, c.Column = p.at(list)
	for _, value := range list.Values {
		if m, ok := value.(ast.MapNode); ok && within {
			if err := p.inside(m, path, key, feeds, true); err != nil {
				return err
			}
			continue
		}
		text, err := p.text(value)
		if err != nil {
			return err
		}
		p.blank = p.blank && text == ""
		if c.List = append(c.List, text); listed {
			p.row.Add(feeds, table.Cell{Text: text, Line: c.Line, Column: c.Column})
		}
	}
	if !listed && len(feeds) > 0 {
		p.row.Set(feeds, c)
	}
	return nil
}

// text returns a scalar as it is written. Anchors, aliases and tags are not
// accepted: a record should contain its values.
func (p *yamlParser) text(node ast.Node) (string, error) {
	switch n := node.(type) {
	case nil, *ast.NullNode:
		return "", nil
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return node.GetToken().Value, nil
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode, *ast.MappingKeyNode:
		return "", p.flaw(node, "anchors, aliases, merge keys, tags and complex keys are not accepted")
	}
	return "", p.flaw(node, "a text is accepted there")
}

func (p *yamlParser) at(node ast.Node) (line, column int) {
	if node == nil {
		return p.above + 1, 1
	}
	return p.position(node.GetToken())
}

func (p *yamlParser) position(t *token.Token) (line, column int) {
	if t == nil || t.Position == nil {
		return p.above + 1, 1
	}
	return p.above + t.Position.Line, t.Position.Column
}

func (p *yamlParser) flaw(node ast.Node, reason string) error {
	line, column := p.at(node)
	return &table.Flaw{Line: line, Column: column, Reason: reason}
}
