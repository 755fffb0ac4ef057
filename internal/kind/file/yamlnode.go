package file

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

// yamlParser turns chunks of YAML into rows. It takes values as they are
// written: an id of 007 is no number, and a date is no timestamp.
type yamlParser struct {
	layout *table.Layout
	emit   func(*table.Row) error
	seen   table.Bits
	row    table.Row
	above  int // lines of the file above the chunk
	rows   int // records of the document at hand
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
			p.surround(it)
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

// surround keeps a member of the mapping that surrounds the records.
func (p *yamlParser) surround(it *ast.MapNodeIter) {
	if p.around == nil {
		p.around = make(map[string]any)
	}
	p.around[it.Key().GetToken().Value] = plainOf(it.Value())
}

// endDocument returns a flaw if the document that ends says that it is a part.
func (p *yamlParser) endDocument() error {
	err := part(p.around, p.rows)
	p.around, p.rows = nil, 0
	return err
}

// plainOf returns a value as decoded JSON has it. ParseYAML bounds its depth.
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

func (p *yamlParser) record(node ast.Node, m ast.MapNode) error {
	r := &p.row
	r.Reset()
	r.Line, r.Column = p.at(node)
	first := true
	for it := m.MapRange(); it.Next(); {
		if first {
			// A mapping's own position is that of its first colon.
			r.Line, r.Column = p.at(it.Key())
			first = false
		}
		key, err := p.text(it.Key())
		if err != nil {
			return err
		}
		fields := p.layout.FieldsOf(key)
		if len(fields) == 0 {
			continue
		}
		if r.Present.Has(fields[0]) {
			return p.flaw(it.Key(), fmt.Sprintf("the record names %s twice", table.Quote(key)))
		}
		c, err := p.cell(it.Value())
		if err != nil {
			return err
		}
		r.Set(fields, c)
	}
	p.seen |= r.Present
	return p.emit(r)
}

func (p *yamlParser) cell(node ast.Node) (c table.Cell, err error) {
	c.Line, c.Column = p.at(node)
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		c.Text, err = p.text(node)
		return c, err
	}
	c.IsList = true
	for _, value := range list.Values {
		text, err := p.text(value)
		if err != nil {
			return c, err
		}
		c.List = append(c.List, text)
	}
	return c, nil
}

// text returns a scalar as it is written. Anchors, aliases and tags are not
// accepted: what a record says should stand in the record.
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
