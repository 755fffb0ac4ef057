package attribute

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// Shown is an attribute that is written for people and other resources only.
func Shown[T any](name string, of attr.Type, description string, write func(*T) attr.Value) Row[T] {
	return Row[T]{Column: Column{Name: name, Type: of, Description: description}, Write: write}
}

// Text is a text; an empty one is null.
func Text[T any](name, description string, at func(*T) *string) Row[T] {
	return Row[T]{
		Column: Column{Name: name, Type: types.StringType, Description: description},
		Write:  func(from *T) attr.Value { return value.Text(*at(from)) },
		Put:    func(from *T) any { return stated(*at(from)) },
		Take:   func(raw json.RawMessage, into *T) error { return json.Unmarshal(raw, at(into)) },
	}
}

// stated returns a text, nil if there is none.
func stated(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// parsed reads a text and what it stands for.
func parsed[E any](raw json.RawMessage, parse func(string) (E, error), into *E) error {
	var text string
	err := json.Unmarshal(raw, &text)
	if err == nil {
		*into, err = parse(text)
	}
	return err
}

// Word is a word of an enumeration. The description lists the words that are
// given. A value that has no word is null.
func Word[T any, E fmt.Stringer](name, description string, words []string, parse func(string) (E, error), at func(*T) *E) Row[T] {
	return Row[T]{
		Column: Column{Name: name, Type: types.StringType, Description: oneOf(description, words)},
		Write:  func(from *T) attr.Value { return value.Text((*at(from)).String()) },
		Put:    func(from *T) any { return stated((*at(from)).String()) },
		Take:   func(raw json.RawMessage, into *T) error { return parsed(raw, parse, at(into)) },
	}
}

// WordList is a list of words of an enumeration; no items give an empty list.
func WordList[T any, E fmt.Stringer](name, description string, words []string, parse func(string) (E, error), at func(*T) *[]E) Row[T] {
	return Row[T]{
		Column: Column{Name: name, Type: types.ListType{ElemType: types.StringType}, Description: oneOf(description, words)},
		Write: func(from *T) attr.Value {
			items := *at(from)
			out := make([]attr.Value, len(items))
			for i, word := range items {
				out[i] = types.StringValue(word.String())
			}
			return types.ListValueMust(types.StringType, out)
		},
		Put: func(from *T) any {
			var out []string
			for _, word := range *at(from) {
				out = append(out, word.String())
			}
			return some(out)
		},
		Take: func(raw json.RawMessage, into *T) error {
			var texts []string
			if err := json.Unmarshal(raw, &texts); err != nil {
				return err
			}
			items := make([]E, len(texts))
			for i, s := range texts {
				var err error
				if items[i], err = parse(s); err != nil {
					return err
				}
			}
			*at(into) = items
			return nil
		},
	}
}

// some returns a list, nil if it is empty.
func some(list []string) any {
	if len(list) == 0 {
		return nil
	}
	return list
}

func oneOf(description string, words []string) string {
	if len(words) == 0 {
		return description
	}
	return strings.TrimSpace(description + " One of " + Words(words) + ".")
}

// Words lists words for a description.
func Words(words []string) string { return "`" + strings.Join(words, "`, `") + "`" }

// Instant is an instant; the zero one is null.
func Instant[T any](name, description string, at func(*T) *time.Time) Row[T] {
	return Row[T]{
		Column: Column{Name: name, Type: types.StringType, Description: description},
		Write:  func(from *T) attr.Value { return value.Instant(*at(from)) },
		Put:    func(from *T) any { return stated(value.Stamp(*at(from))) },
		Take:   func(raw json.RawMessage, into *T) error { return parsed(raw, value.ParseInstant, at(into)) },
	}
}

// Flag is a yes or no.
func Flag[T any](name, description string, at func(*T) *bool) Row[T] {
	return Row[T]{
		Column: Column{Name: name, Type: types.BoolType, Description: description},
		Write:  func(from *T) attr.Value { return types.BoolValue(*at(from)) },
		Put: func(from *T) any {
			if !*at(from) {
				return nil
			}
			return true
		},
		Take: func(raw json.RawMessage, into *T) error { return json.Unmarshal(raw, at(into)) },
	}
}

// Tristate is a yes or no that is null if it is not stated. It is
// for people and other resources only.
func Tristate[T any](name, description string, at func(*T) *lifecycle.Tristate) Row[T] {
	return Shown(name, types.BoolType, description, func(from *T) attr.Value { return value.Tristate(*at(from)) })
}

// Hundredths is a number from 0 to 1 that is kept in hundredths.
func Hundredths[T any](name, description string, at func(*T) *int) Row[T] {
	return Row[T]{
		Column: Column{Name: name, Type: types.Float64Type, Description: description},
		Write:  func(from *T) attr.Value { return decimal(*at(from)) },
		Put:    func(from *T) any { return float64(*at(from)) / 100 },
		Take: func(raw json.RawMessage, into *T) error {
			var f float64
			err := json.Unmarshal(raw, &f)
			*at(into) = int(math.Round(f * 100))
			return err
		},
	}
}

// decimal returns a number of hundredths as a state holds it, which is not the number
// in binary that comes next to it: one would count as a change of the other.
func decimal(hundredths int) attr.Value {
	if hundredths < 0 || hundredths >= len(decimals) {
		return types.Float64Value(float64(hundredths) / 100)
	}
	return decimals[hundredths]
}

// decimals are the numbers from 0 to 1.
var decimals = func() (out [101]attr.Value) {
	const precision = 512 // that of Terraform's numbers
	for i := range out {
		n, _, err := big.ParseFloat(lifecycle.Hundredths(i), 10, precision, big.ToNearestEven)
		if err == nil {
			out[i], err = types.Float64Type.ValueFromTerraform(context.Background(), tftypes.NewValue(tftypes.Number, n))
		}
		if err != nil {
			panic("attribute: " + err.Error()) // each is a number
		}
	}
	return out
}()

// Texts is a list of texts; no items give an empty list.
func Texts[T any](name, description string, at func(*T) *[]string) Row[T] {
	return Row[T]{
		Column: Column{Name: name, Type: types.ListType{ElemType: types.StringType}, Description: description},
		Write:  func(from *T) attr.Value { return value.Texts(*at(from)) },
		Put:    func(from *T) any { return some(*at(from)) },
		Take:   func(raw json.RawMessage, into *T) error { return json.Unmarshal(raw, at(into)) },
	}
}

// Objects is a list of objects, each of which shows an E; no items give an empty
// list.
func Objects[T, E any](name, description string, of Table[E], at func(*T) *[]E) Row[T] {
	element := types.ObjectType{AttrTypes: of.Types()}
	return Row[T]{
		Column: Column{Name: name, Type: types.ListType{ElemType: element}, Description: description, Elements: of.columns()},
		Write: func(from *T) attr.Value {
			items := *at(from)
			out := make([]attr.Value, len(items))
			for i := range items {
				values := make(map[string]attr.Value, len(of))
				of.Write(values, &items[i])
				out[i] = types.ObjectValueMust(element.AttrTypes, values)
			}
			return types.ListValueMust(element, out)
		},
	}
}
