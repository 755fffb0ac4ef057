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
	"cel.dev/cel-go/common/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// folded are the facts that hold words in lower case, however the record spells
// them.
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
	}
}

// compare checks a word that is compared with a fact, or looked for in it.
func (w wordChecker) compare(selection, word ast.Expr) {
	if selection.Kind() != ast.SelectKind || word.Kind() != ast.LiteralKind {
		return
	}
	text, ok := word.AsLiteral().(types.String)
	if !ok {
		return
	}
	sel := selection.AsSelect()
	operand, ok := objectOf(w.ast.GetType(sel.Operand().ID()).TypeName())
	if !ok {
		return
	}
	for _, f := range operand.facts {
		if f.name == sel.FieldName() && slices.Contains(folded, f.name) && string(text) != strings.ToLower(strings.TrimSpace(string(text))) {
			w.errors.ReportErrorString(w.ast.SourceInfo().GetStartLocation(word.ID()),
				fmt.Sprintf("%s is in lower case and never %s; write %s", operand.variable+"."+f.name, strconv.Quote(string(text)),
					strconv.Quote(strings.ToLower(strings.TrimSpace(string(text))))))
		}
		if f.name == sel.FieldName() && f.words != nil && !slices.Contains(f.words(), string(text)) {
			w.errors.ReportErrorString(w.ast.SourceInfo().GetStartLocation(word.ID()),
				fmt.Sprintf("%s is never %s; accepted: %s", operand.variable+"."+f.name, strconv.Quote(string(text)), listWords(f.words())))
		}
	}
}

func listWords(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = strconv.Quote(w)
	}
	return strings.Join(quoted, ", ")
}
