package backstage

import (
	"encoding/json"
	"strconv"

	"github.com/goccy/go-yaml/ast"
)

// node is a value in a tree: nothing, a text, a list, a mapping, or something
// else that is not read. Scalars are taken as they are written.
type node struct {
	line   int
	text   string
	list   []node
	fields map[string]node
	odd    bool
}

func (n node) at(name string) node { return n.fields[name] }

// isText reports whether the node is a text or nothing.
func (n node) isText() bool { return n.list == nil && n.fields == nil && !n.odd }

// texts returns the texts of a list, or the single text instead of a list.
func (n node) texts() ([]string, bool) {
	if n.fields != nil || n.odd {
		return nil, false
	}
	var out []string
	if n.text != "" {
		out = append(out, n.text)
	}
	for _, part := range n.list {
		if !part.isText() || part.text == "" {
			return nil, false
		}
		out = append(out, part.text)
	}
	return out, true
}

// treeOf returns a YAML value. Anchors, aliases and tags are not accepted in a
// field that is read.
func treeOf(from ast.Node) node {
	out := node{}
	if from == nil {
		return out
	}
	if t := from.GetToken(); t != nil && t.Position != nil {
		out.line = t.Position.Line
	}
	switch n := from.(type) {
	case *ast.NullNode:
	case *ast.StringNode:
		out.text = n.Value
	case *ast.LiteralNode:
		out.text = n.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		out.text = from.GetToken().Value
	case *ast.SequenceNode:
		out.list = []node{}
		for _, value := range n.Values {
			out.list = append(out.list, treeOf(value))
		}
	case ast.MapNode:
		out.fields = make(map[string]node)
		for it := n.MapRange(); it.Next(); {
			key := treeOf(it.Key())
			if _, twice := out.fields[key.text]; twice || !key.isText() {
				out.odd = true
			}
			out.fields[key.text] = treeOf(it.Value())
		}
	default:
		out.odd = true
	}
	return out
}

// treeIn returns a JSON value.
func treeIn(v any) node {
	out := node{}
	switch v := v.(type) {
	case string:
		out.text = v
	case json.Number:
		out.text = v.String()
	case bool:
		out.text = strconv.FormatBool(v)
	case []any:
		out.list = []node{}
		for _, part := range v {
			out.list = append(out.list, treeIn(part))
		}
	case map[string]any:
		out.fields = make(map[string]node, len(v))
		for key, part := range v {
			out.fields[key] = treeIn(part)
		}
	}
	return out
}
