package rest

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// ours are the functions that CEL lacks for reading answers.
var ours = []cel.EnvOption{
	cel.Function("dig", pathFunctions("dig", true)...),
	cel.Function("find", pathFunctions("find", false)...),
	cel.Function("text", cel.Overload("text_dyn", []*cel.Type{cel.DynType}, cel.StringType, cel.UnaryBinding(func(v ref.Val) ref.Val {
		s, err := toText(v)
		if err != nil {
			return types.WrapErr(err)
		}
		return types.String(s)
	}))),
	cel.Function("number", cel.Overload("number_dyn", []*cel.Type{cel.DynType}, cel.IntType, cel.UnaryBinding(func(v ref.Val) ref.Val {
		n, err := toCount(v)
		if err != nil {
			return types.WrapErr(err)
		}
		return types.Int(n)
	}))),
	cel.Function("first", cel.Overload("first_list", []*cel.Type{cel.ListType(cel.DynType)}, cel.StringType, cel.UnaryBinding(firstText))),
	cel.Function("gather", cel.MemberOverload("gather_name", []*cel.Type{cel.DynType, cel.StringType}, cel.ListType(cel.DynType), cel.BinaryBinding(membersOf))),
	cel.Function("split", cel.MemberOverload("split_string", []*cel.Type{cel.StringType, cel.StringType}, cel.ListType(cel.StringType),
		cel.BinaryBinding(func(s, sep ref.Val) ref.Val {
			text, ok := s.(types.String)
			by, ok2 := sep.(types.String)
			if !ok || !ok2 || by == "" {
				return types.NewErr("split needs two texts, the second not empty")
			}
			return types.DefaultTypeAdapter.NativeToValue(strings.Split(string(text), string(by)))
		}))),
}

// pathFunctions declares x.dig("a.b") and x.dig(["a", "b"]): the value below, null if
// something on the way is null. A missing key, or a key of a value that is not an
// object, is an error for dig, because a field that the system no longer shows must
// not look empty. For find it is null.
func pathFunctions(name string, strict bool) []cel.FunctionOpt {
	return []cel.FunctionOpt{
		cel.MemberOverload(name+"_path", []*cel.Type{cel.DynType, cel.StringType}, cel.DynType, cel.BinaryBinding(func(v, path ref.Val) ref.Val {
			text, ok := path.(types.String)
			if !ok {
				return types.MaybeNoSuchOverloadErr(path)
			}
			return walk(v, strings.Split(string(text), "."), strict)
		})),
		cel.MemberOverload(name+"_keys", []*cel.Type{cel.DynType, cel.ListType(cel.StringType)}, cel.DynType, cel.BinaryBinding(func(v, path ref.Val) ref.Val {
			list, ok := fromList(path)
			if !ok {
				return types.MaybeNoSuchOverloadErr(path)
			}
			keys := make([]string, len(list))
			for i, k := range list {
				if keys[i], ok = k.(string); !ok {
					return types.NewErr("the keys must be texts")
				}
			}
			return walk(v, keys, strict)
		})),
	}
}

func walk(v ref.Val, keys []string, strict bool) ref.Val {
	for i, key := range keys {
		switch at := v.(type) {
		case types.Null:
			return types.NullValue
		case traits.Mapper:
			next, ok := at.Find(types.String(key))
			if !ok {
				if strict {
					return types.NewErr("the answer has no field %q", strings.Join(keys[:i+1], "."))
				}
				return types.NullValue
			}
			v = next
		case traits.Lister:
			if !strict {
				return types.NullValue
			}
			return types.NewErr("%q is a list", strings.Join(keys[:i], "."))
		default:
			if !strict {
				return types.NullValue
			}
			return types.NewErr("%q holds no fields", strings.Join(keys[:i], "."))
		}
	}
	return v
}

func firstText(v ref.Val) ref.Val {
	list, ok := v.(traits.Lister)
	if !ok {
		return types.MaybeNoSuchOverloadErr(v)
	}
	for it := list.Iterator(); it.HasNext() == types.True; {
		said, err := wordsOf(it.Next(), choice)
		switch {
		case err != nil:
			return types.WrapErr(err)
		case len(said.words) > 1:
			return types.NewErr("one text was expected, and there are several: %q", said.words)
		case len(said.words) == 1:
			return types.String(said.words[0])
		}
	}
	return types.String("")
}

// toText returns a scalar as a text; null is the empty one.
func toText(v ref.Val) (string, error) {
	switch v := v.(type) {
	case types.Null:
		return "", nil
	case types.String:
		return string(v), nil
	case types.Bool:
		return strconv.FormatBool(bool(v)), nil
	case types.Int:
		return strconv.FormatInt(int64(v), 10), nil
	case types.Uint:
		return strconv.FormatUint(uint64(v), 10), nil
	case types.Double:
		return strconv.FormatFloat(float64(v), 'f', -1, 64), nil
	}
	return "", fmt.Errorf("a text was expected, and it is a %s", v.Type().TypeName())
}

var errNoCount = errors.New("a number of rows was expected")

// toCount returns a number of rows. Some systems write it as a text or with a
// fraction of zero.
func toCount(v ref.Val) (int, error) {
	text, err := toText(v)
	if err != nil {
		return 0, errNoCount
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || f != math.Trunc(f) || f < 0 || f > math.MaxInt32 {
		return 0, errNoCount
	}
	return int(f), nil
}

// fromList returns the members of a list as Go values.
func fromList(v ref.Val) ([]any, bool) {
	list, ok := v.(traits.Lister)
	if !ok {
		return nil, false
	}
	var out []any
	for it := list.Iterator(); it.HasNext() == types.True; {
		member := it.Next()
		if null, isNull := member.(types.Null); isNull {
			out = append(out, null)
			continue
		}
		out = append(out, member.Value())
	}
	return out, true
}
