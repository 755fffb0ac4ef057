package policy

import (
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
)

// partial are the functions that fail on some values, with their overloads that
// never fail. A condition that fails on the facts of one asset would stop the
// whole plan, and with it the revocations of all others, so only a condition that
// cannot fail is accepted.
var partial = map[string]struct {
	total []string
	why   string
}{
	operators.Add:      {[]string{overloads.AddString, overloads.AddList, overloads.AddDouble, overloads.AddBytes}, wholeNumbers},
	operators.Subtract: {[]string{overloads.SubtractDouble}, wholeNumbers},
	operators.Multiply: {[]string{overloads.MultiplyDouble}, wholeNumbers},
	operators.Divide:   {[]string{overloads.DivideDouble}, wholeNumbers},
	operators.Modulo:   {nil, wholeNumbers},
	operators.Negate:   {[]string{overloads.NegateDouble}, wholeNumbers},
	operators.Index:    {nil, "a list may be shorter; use in, exists or all"},
	overloads.TypeConvertInt: {
		[]string{overloads.IntToInt}, "a value may not be a whole number; compare it as it is",
	},
	overloads.TypeConvertDouble: {
		[]string{overloads.DoubleToDouble, overloads.IntToDouble, overloads.UintToDouble}, "a text may not be a number; compare it as it is",
	},
	overloads.TypeConvertString: {
		[]string{overloads.StringToString, overloads.BoolToString, overloads.IntToString, overloads.UintToString, overloads.DoubleToString},
		"bytes may not be a text",
	},
}

const wholeNumbers = "arithmetic with whole numbers can overflow; write 1.0 for 1, and compare sizes with literals"

// checkTotal reports what in a condition could fail on some facts.
func checkTotal(checked *cel.Ast, source cel.Source) []*cel.Error {
	c := totalChecker{ast: checked.NativeRep(), errors: common.NewErrors(source), counting: map[int64]bool{}}
	ast.PreOrderVisit(c.ast.Expr(), ast.NewExprVisitor(c.visit))
	return c.errors.GetErrors()
}

type totalChecker struct {
	ast    *ast.AST
	errors *common.Errors
	// counting are the additions into which the macro exists_one expands: they
	// count elements, and no list is long enough to overflow.
	counting map[int64]bool
}

func (c totalChecker) visit(e ast.Expr) {
	switch e.Kind() {
	case ast.MapKind:
		c.report(e, "a map literal may lack the key that is looked for; use ==, || and in with a list")
	case ast.ComprehensionKind:
		if fold := e.AsComprehension(); fold.AccuInit().Kind() == ast.LiteralKind && fold.LoopStep().Kind() == ast.CallKind {
			for _, arg := range fold.LoopStep().AsCall().Args() {
				c.counting[arg.ID()] = arg.Kind() == ast.CallKind
			}
		}
	case ast.CallKind:
		c.call(e)
	}
}

func (c totalChecker) call(e ast.Expr) {
	call := e.AsCall()
	name := call.FunctionName()
	if name == overloads.Matches {
		if pattern := call.Args()[len(call.Args())-1]; pattern.Kind() != ast.LiteralKind {
			c.report(pattern, "a pattern that is not a literal may not be a regular expression; write the pattern out")
		}
		return
	}
	f, ok := partial[name]
	if !ok || (name == operators.Add && c.counting[e.ID()]) {
		return
	}
	for _, id := range c.ast.GetOverloadIDs(e.ID()) {
		if !slices.Contains(f.total, id) {
			c.report(e, f.why)
			return
		}
	}
}

func (c totalChecker) report(e ast.Expr, why string) {
	c.errors.ReportErrorString(c.ast.SourceInfo().GetStartLocation(e.ID()), "this can fail: "+why)
}
