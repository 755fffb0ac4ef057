package rest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

const (
	maxExpression = 4096      // characters
	maxCost       = 1_000_000 // of one evaluation, in CEL's own units
)

// scope is what an expression can read.
type scope int

const (
	inSettings scope = iota // what the user set
	inID                    // and the id that is asked for
	inAnswer                // and the answer of the system
	inItem                  // the settings, the id and one row of an answer
	inBody                  // the settings, the id and which page is meant
	inCase                  // the settings, a case that is to be changed, and the answer to the request before
	inAccount               // the settings, an account that is to be changed, and what was read of it
)

var scopes = map[scope][]cel.EnvOption{
	inSettings: {cel.Variable("settings", cel.MapType(cel.StringType, cel.StringType))},
	inID:       {cel.Variable(idPlace, cel.StringType), cel.Variable(keyPlace, cel.StringType)},
	inAnswer: {
		cel.Variable("status", cel.IntType), cel.Variable("body", cel.DynType),
		cel.Variable("header", cel.MapType(cel.StringType, cel.StringType)),
		cel.Variable("links", cel.MapType(cel.StringType, cel.StringType)),
	},
	inItem: {cel.Variable("item", cel.DynType)},
	inBody: {
		cel.Variable("limit", cel.IntType), cel.Variable("offset", cel.IntType), cel.Variable("last", cel.IntType),
		cel.Variable("page", cel.IntType), cel.Variable("cursor", cel.StringType),
	},
	inAccount: {cel.Variable("account", cel.MapType(cel.StringType, cel.DynType))},
	inCase:    {cel.Variable("case", cel.MapType(cel.StringType, cel.DynType)), cel.Variable("made", cel.DynType)},
}

// functions are all of CEL's own that an expression can call. It is a list of
// what is allowed, so that a later CEL cannot bring in a clock.
var functions = []string{
	operators.Conditional, operators.LogicalAnd, operators.LogicalOr, operators.LogicalNot, operators.NotStrictlyFalse,
	operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals,
	operators.Add, operators.Subtract, operators.Multiply, operators.Divide, operators.Modulo, operators.Negate,
	operators.Index, operators.In,
	overloads.Size, overloads.Contains, overloads.StartsWith, overloads.EndsWith, overloads.Matches,
	overloads.TypeConvertInt, overloads.TypeConvertDouble, overloads.TypeConvertString, overloads.TypeConvertType,
}

var environments = sync.OnceValues(func() (map[scope]*cel.Env, error) {
	subset := env.NewLibrarySubset()
	for _, f := range functions {
		subset.AddIncludedFunctions(env.NewFunction(f))
	}
	options := []cel.EnvOption{
		cel.StdLib(cel.StdLibSubset(subset)), cel.CrossTypeNumericComparisons(true),
		cel.ParserRecursionLimit(64), cel.RegexProgramSizeLimit(1000),
	}
	base, err := cel.NewCustomEnv(append(options, ours...)...)
	if err != nil {
		return nil, err
	}
	out := make(map[scope]*cel.Env)
	for s, includes := range map[scope][]scope{
		inSettings: {inSettings}, inID: {inSettings, inID}, inAnswer: {inSettings, inID, inAnswer}, inItem: {inSettings, inID, inItem},
		inBody: {inSettings, inID, inBody}, inCase: {inSettings, inCase}, inAccount: {inSettings, inItem, inAccount},
	} {
		var variables []cel.EnvOption
		for _, part := range includes {
			variables = append(variables, scopes[part]...)
		}
		if out[s], err = base.Extend(variables...); err != nil {
			return nil, err
		}
	}
	return out, nil
})

// expression is a compiled CEL expression.
type expression struct {
	program cel.Program
	at      string          // its place in the description
	reads   map[string]bool // the names of variables in it
}

// compile checks an expression. It returns nil after a problem was reported.
// Without wanted types any is accepted; dyn always is, and is checked when there
// is a value.
func (c *checker) compile(at, source string, s scope, want ...*cel.Type) *expression {
	if n := utf8.RuneCountInString(source); n > maxExpression {
		c.problem(at, fmt.Sprintf("The expression is %d characters long; at most %d are accepted.", n, maxExpression))
		return nil
	}
	all, err := environments()
	if err != nil {
		panic("rest: " + err.Error())
	}
	e := all[s]
	checked, issues := e.Compile(source)
	if issues.Err() != nil {
		c.problem(at, "The expression is not accepted: "+issues.Err().Error())
		return nil
	}
	got := checked.OutputType()
	if len(want) > 0 && !got.IsExactType(types.DynType) && !slices.ContainsFunc(want, func(t *cel.Type) bool { return t.IsAssignableType(got) }) {
		c.problem(at, fmt.Sprintf("The expression gives a value of type %s; accepted there: %s.", got, typeNames(want)))
		return nil
	}
	c.checkSettings(at, checked)
	program, err := e.Program(checked, cel.CostLimit(maxCost), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		c.problem(at, "The expression is not accepted: "+err.Error())
		return nil
	}
	return &expression{program: program, at: at, reads: variablesIn(checked)}
}

// variablesIn returns the names of the variables in an expression.
func variablesIn(checked *cel.Ast) map[string]bool {
	out := make(map[string]bool)
	ast.PreOrderVisit(checked.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() == ast.IdentKind {
			out[e.AsIdent()] = true
		}
	}))
	return out
}

// checkSettings complains about settings that the description does not declare:
// reading one would fail only when an answer has come.
func (c *checker) checkSettings(at string, checked *cel.Ast) {
	ast.PreOrderVisit(checked.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		name := ""
		switch {
		case e.Kind() == ast.SelectKind && isSettings(e.AsSelect().Operand()):
			name = e.AsSelect().FieldName()
		case e.Kind() == ast.CallKind && e.AsCall().FunctionName() == operators.Index && isSettings(e.AsCall().Args()[0]):
			if key := e.AsCall().Args()[1]; key.Kind() == ast.LiteralKind {
				name, _ = key.AsLiteral().Value().(string)
			}
		default:
			return
		}
		if _, ok := c.settings[name]; !ok {
			c.problem(at, fmt.Sprintf("There is no setting %q. Declared: %s.", name, listed(slices.Sorted(maps.Keys(c.settings)))))
		}
	}))
}

func isSettings(e ast.Expr) bool { return e.Kind() == ast.IdentKind && e.AsIdent() == "settings" }

func typeNames(list []*cel.Type) string {
	var out []string
	for _, t := range list {
		out = append(out, t.String())
	}
	return strings.Join(out, ", ")
}

func listed(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}

// eval evaluates the expression. Its errors name the place in the description.
func (e *expression) eval(variables map[string]any) (ref.Val, error) {
	out, _, err := e.program.Eval(variables)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.at, err)
	}
	return out, nil
}

func (e *expression) bool(variables map[string]any) (bool, error) {
	out, err := e.eval(variables)
	if err != nil {
		return false, err
	}
	b, ok := out.(types.Bool)
	if !ok {
		return false, fmt.Errorf("%s: it gave a value of type %s and not true or false", e.at, out.Type().TypeName())
	}
	return bool(b), nil
}

func (e *expression) text(variables map[string]any) (string, error) {
	out, err := e.eval(variables)
	if err != nil {
		return "", err
	}
	s, err := toText(out)
	if err != nil {
		return "", fmt.Errorf("%s: %w", e.at, err)
	}
	return s, nil
}

func (e *expression) count(variables map[string]any) (int, error) {
	out, err := e.eval(variables)
	if err != nil {
		return 0, err
	}
	n, err := toCount(out)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", e.at, err)
	}
	return n, nil
}

var errNoList = errors.New("it gave no list")

// rows returns the members of a list. One that the expression itself made, to join
// a row with another part of the answer, is a row like any other.
func (e *expression) rows(variables map[string]any) ([]any, error) {
	out, err := e.eval(variables)
	if err != nil {
		return nil, err
	}
	list, ok := out.Value().([]any)
	if !ok {
		if list, ok = fromList(out); !ok {
			return nil, fmt.Errorf("%s: %w", e.at, errNoList)
		}
	}
	for i, row := range list {
		if made, ok := row.(map[ref.Val]ref.Val); ok {
			list[i] = object(made)
		}
	}
	return list, nil
}

// object returns a map that an expression made as one that came from outside.
func object(made map[ref.Val]ref.Val) map[string]any {
	out := make(map[string]any, len(made))
	for key, value := range made {
		name, ok := key.(types.String)
		if !ok {
			continue
		}
		if value == types.NullValue {
			out[string(name)] = nil
		} else {
			out[string(name)] = value.Value()
		}
	}
	return out
}
