package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// folded are the facts of the asset that hold words in lower case.
var folded = []string{"class", "environment", "criticality"}

// bindingCodes lists the codes that binding.findings can hold.
func bindingCodes() []string {
	return slices.DeleteFunc(lifecycle.Codes(), func(s string) bool {
		c, err := lifecycle.ParseCode(s)
		return err != nil || lifecycle.RaisedByGrant.Has(c)
	})
}

// checkWords reports where a condition compares a fact with a word that the
// fact can never be: such a condition is always false, and no other check finds
// this.
func checkWords(checked *cel.Ast, source cel.Source) []*cel.Error {
	errors := common.NewErrors(source)
	report := func(m mention, format string, args ...any) {
		errors.ReportErrorString(checked.NativeRep().SourceInfo().GetStartLocation(m.word.ID()), m.name+fmt.Sprintf(format, args...))
	}
	mentions(checked, func(m mention) {
		lower := strings.ToLower(m.text)
		if m.whole {
			lower = fold(m.text)
		}
		if slices.Contains(folded, m.fact.name) && m.text != lower {
			report(m, " is in lower case and never has %s; write %s", strconv.Quote(m.text), strconv.Quote(lower))
		}
		if m.whole && m.fact.words != nil && !slices.Contains(m.fact.words(), m.text) {
			report(m, " is never %s; accepted: %s", strconv.Quote(m.text), listWords(m.fact.words()))
		}
	})
	return errors.GetErrors()
}

// mention is a place of a condition that compares a fact with a text.
type mention struct {
	fact  *fact
	name  string // as the condition writes it
	word  ast.Expr
	text  string
	whole bool // the whole of the fact, or of an element, is compared
}

// mentions finds all texts that a condition compares facts with.
func mentions(checked *cel.Ast, found func(mention)) {
	tree := checked.NativeRep()
	pair := func(selection, word ast.Expr, whole bool) {
		if m, ok := mentionOf(tree, selection, word, whole); ok {
			found(m)
		}
	}
	ast.PreOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.CallKind {
			return
		}
		call := e.AsCall()
		args := call.Args()
		switch call.FunctionName() {
		case operators.Equals, operators.NotEquals:
			pair(args[0], args[1], true)
			pair(args[1], args[0], true)
		case operators.In:
			pair(args[1], args[0], true)
			if args[1].Kind() == ast.ListKind {
				for _, word := range args[1].AsList().Elements() {
					pair(args[0], word, true)
				}
			}
		case overloads.StartsWith, overloads.EndsWith, overloads.Contains:
			pair(call.Target(), args[0], false)
		}
	}))
}

// mentionOf returns the fact of one expression and the literal text of the other.
func mentionOf(tree *ast.AST, selection, word ast.Expr, whole bool) (mention, bool) {
	if selection.Kind() != ast.SelectKind || word.Kind() != ast.LiteralKind {
		return mention{}, false
	}
	text, ok := word.AsLiteral().(types.String)
	if !ok {
		return mention{}, false
	}
	sel := selection.AsSelect()
	operand, ok := objectOf(tree.GetType(sel.Operand().ID()).TypeName())
	if !ok {
		return mention{}, false
	}
	name := sel.FieldName()
	if sel.Operand().Kind() == ast.IdentKind {
		name = sel.Operand().AsIdent() + "." + name
	}
	f := factAt([]string{operand.variable, sel.FieldName()})
	return mention{f, name, word, string(text), whole}, f != nil
}

func listWords(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = strconv.Quote(w)
	}
	return strings.Join(quoted, ", ")
}
