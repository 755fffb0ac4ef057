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

// folded are the facts of the asset that hold words in lower case, however the record
// spells them.
var folded = []string{"class", "environment", "criticality"}

// bindingCodes lists the codes that binding.findings can hold.
func bindingCodes() []string {
	return slices.DeleteFunc(lifecycle.Codes(), func(s string) bool {
		c, err := lifecycle.ParseCode(s)
		return err != nil || lifecycle.RaisedByGrant.Has(c)
	})
}

// checkWords reports where a condition compares a fact with a word that the
// fact can never be: such a condition is always false, and nothing else would
// ever say so.
func checkWords(checked *cel.Ast, source cel.Source) []*cel.Error {
	w := wordChecker{ast: checked.NativeRep(), errors: common.NewErrors(source)}
	ast.PreOrderVisit(w.ast.Expr(), ast.NewExprVisitor(w.visit))
	return w.errors.GetErrors()
}

type wordChecker struct {
	ast    *ast.AST
	errors *common.Errors
}

func (w wordChecker) visit(e ast.Expr) {
	if e.Kind() != ast.CallKind {
		return
	}
	call := e.AsCall()
	args := call.Args()
	switch call.FunctionName() {
	case operators.Equals, operators.NotEquals:
		w.compare(args[0], args[1])
		w.compare(args[1], args[0])
	case operators.In:
		w.compare(args[1], args[0])
		if args[1].Kind() == ast.ListKind {
			for _, word := range args[1].AsList().Elements() {
				w.compare(args[0], word)
			}
		}
	case overloads.StartsWith, overloads.EndsWith, overloads.Contains:
		if f, text, ok := w.pair(call.Target(), args[0]); ok {
			w.lowerCase(args[0], f, text, strings.ToLower(text))
		}
	}
}

// compare checks a word that is compared with a fact, or looked for in it.
func (w wordChecker) compare(selection, word ast.Expr) {
	f, text, ok := w.pair(selection, word)
	if !ok {
		return
	}
	w.lowerCase(word, f, text, fold(text))
	if f.words != nil && !slices.Contains(f.words(), text) {
		w.report(word, fmt.Sprintf("%s is never %s; accepted: %s", selected(selection), strconv.Quote(text), listWords(f.words())))
	}
}

// pair returns the fact that one expression selects and the text that the other one
// writes out.
func (w wordChecker) pair(selection, word ast.Expr) (*fact, string, bool) {
	if selection.Kind() != ast.SelectKind || word.Kind() != ast.LiteralKind {
		return nil, "", false
	}
	text, ok := word.AsLiteral().(types.String)
	if !ok {
		return nil, "", false
	}
	operand, ok := objectOf(w.ast.GetType(selection.AsSelect().Operand().ID()).TypeName())
	if !ok {
		return nil, "", false
	}
	f := factAt([]string{operand.variable, selection.AsSelect().FieldName()})
	return f, string(text), f != nil
}

// lowerCase reports a text that is not as a folded fact is written.
func (w wordChecker) lowerCase(at ast.Expr, f *fact, text, want string) {
	if slices.Contains(folded, f.name) && text != want {
		w.report(at, fmt.Sprintf("asset.%s is in lower case and never has %s; write %s", f.name, strconv.Quote(text), strconv.Quote(want)))
	}
}

func (w wordChecker) report(at ast.Expr, message string) {
	w.errors.ReportErrorString(w.ast.SourceInfo().GetStartLocation(at.ID()), message)
}

// selected writes a selection as it stands in a condition.
func selected(selection ast.Expr) string {
	sel := selection.AsSelect()
	if sel.Operand().Kind() != ast.IdentKind {
		return sel.FieldName()
	}
	return sel.Operand().AsIdent() + "." + sel.FieldName()
}

func listWords(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = strconv.Quote(w)
	}
	return strings.Join(quoted, ", ")
}
