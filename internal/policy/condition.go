package policy

import (
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// MaxCondition is the longest condition that is read, in characters.
const MaxCondition = 4096

// maxCost limits the estimated cost of a condition, in CEL's own units, for facts
// of the usual sizes. The evaluation of an accepted condition has no limit,
// because one person in many teams would otherwise fail the plan, and with it the
// revocations of others. So an accepted condition can at most iterate over the
// teams within an iteration over the teams, which takes about a second for a
// thousand teams.
const maxCost = 100_000_000

// functions are all functions that a condition can call. The allowed functions
// are listed, so that a later version of CEL cannot add a clock; timestamps and
// durations are left out because no variable is one, and dyn because it would
// put off type errors until the plan.
var functions = []string{
	operators.Conditional, operators.LogicalAnd, operators.LogicalOr, operators.LogicalNot, operators.NotStrictlyFalse,
	operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals,
	operators.Add, operators.Subtract, operators.Multiply, operators.Divide, operators.Modulo, operators.Negate,
	operators.Index, operators.In,
	overloads.Size, overloads.Contains, overloads.StartsWith, overloads.EndsWith, overloads.Matches,
	overloads.TypeConvertInt, overloads.TypeConvertDouble, overloads.TypeConvertString,
}

var environment = sync.OnceValues(func() (*cel.Env, error) {
	subset := env.NewLibrarySubset()
	for _, f := range functions {
		subset.AddIncludedFunctions(env.NewFunction(f))
	}
	registry := types.NewEmptyRegistry()
	options := []cel.EnvOption{
		cel.CustomTypeProvider(typeProvider{registry}),
		cel.CustomTypeAdapter(registry),
		cel.StdLib(cel.StdLibSubset(subset)),
		cel.HomogeneousAggregateLiterals(),
		cel.CrossTypeNumericComparisons(true),
		cel.ParserRecursionLimit(64),
		cel.RegexProgramSizeLimit(1000),
	}
	for _, o := range objects {
		options = append(options, cel.Variable(o.variable, o.typ))
	}
	return cel.NewCustomEnv(options...)
})

const badCondition = "Invalid Condition"

// compileCondition checks a condition and compiles it. It returns nil after a
// problem was reported.
func compileCondition(at reporter, expression, label string) func(*lifecycle.Subject) (bool, error) {
	e, err := environment()
	if err != nil {
		panic("policy: " + err.Error())
	}
	if n := utf8.RuneCountInString(expression); n > MaxCondition {
		at.report(badCondition, fmt.Sprintf("The condition is %d characters long; at most %d are accepted.", n, MaxCondition))
		return nil
	}
	source := common.NewStringSource(expression, "when")
	checked, issues := e.CompileSource(source)
	if issues.Err() != nil {
		at.report(badCondition, "The condition is not accepted:\n"+display(issues.Errors(), source)+"\n"+conditionHelp())
		return nil
	}
	if checked.OutputType() != cel.BoolType {
		at.report(badCondition, fmt.Sprintf("The condition gives a value of type %s; it must give true or false.", checked.OutputType()))
		return nil
	}
	if buildsObject(checked) {
		at.report(badCondition, "The condition builds an object; it can only read those that it is given.\n"+conditionHelp())
		return nil
	}
	if failures := checkTotal(checked, source); len(failures) > 0 {
		at.report(badCondition, "The condition could fail on the facts of some asset, and no decision could be made:\n"+display(failures, source))
		return nil
	}
	if words := checkWords(checked, source); len(words) > 0 {
		at.report(badCondition, "The condition compares a fact with something that it never is:\n"+display(words, source))
		return nil
	}
	if estimate, err := e.EstimateCost(checked, usualSizes{}); err != nil || estimate.Max > maxCost {
		at.report(badCondition, "The condition can cost too much to evaluate: it walks lists within lists, or builds long strings. Make it simpler.")
		return nil
	}
	program, err := e.Program(checked, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		at.report(badCondition, "The condition is not accepted: "+err.Error()+".\n"+conditionHelp())
		return nil
	}
	return func(s *lifecycle.Subject) (bool, error) {
		out, _, err := program.Eval(activation{s})
		if err != nil {
			return false, fmt.Errorf("%s: the condition %s could not be evaluated: %w", label, expression, err)
		}
		return out == types.True, nil
	}
}

// display shows the first few errors of CEL, each with the line that it is in.
func display(errors []*cel.Error, source cel.Source) string {
	const most = 3
	var b strings.Builder
	for i, err := range errors {
		if i == most {
			fmt.Fprintf(&b, "And %d more.", len(errors)-most)
			break
		}
		b.WriteString(err.ToDisplayString(source) + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func conditionHelp() string {
	return "A condition is a CEL expression that gives true or false. It sees no clock; it can read " + strings.Join(ConditionFields(), ", ") + "."
}

func buildsObject(checked *cel.Ast) bool {
	found := false
	ast.PreOrderVisit(checked.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		found = found || e.Kind() == ast.StructKind
	}))
	return found
}

// usualSizes estimates the cost for facts of the largest usual sizes.
type usualSizes struct{}

func (usualSizes) EstimateSize(node cost.AstNode) *cost.SizeEstimate {
	text := cost.RangedSizeEstimate(0, 256)
	switch node.Type().Kind() {
	case types.StringKind:
		return &text
	case types.ListKind:
		most := uint64(1000)
		if f := factAt(node.Path()); f != nil && f.words != nil {
			most = uint64(len(f.words()))
		}
		return &cost.SizeEstimate{Max: most, Elem: &text}
	case types.StructKind:
		one := cost.FixedSizeEstimate(1)
		return &one
	default:
		return nil
	}
}

func (usualSizes) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}
