package attribute

import (
	"context"
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

// Shown is an attribute that is written and never read back.
func Shown[T any](name string, of attr.Type, description string, write func(*T) attr.Value) Row[T] {
	return Row[T]{Column: Column{Name: name, Type: of, Description: description}, Write: write}
}

// Text is a text; an empty one is null.
func Text[T any](name, description string, at func(*T) *string) Row[T] {
	return Row[T]{
		Column: Column{Name: name, Type: types.StringType, Description: description},
		Write:  func(from *T) attr.Value { return value.Text(*at(from)) },
		Read: func(v attr.Value, into *T) error {
			*at(into) = value.TextOf(v)
			return nil
		},
	}
}

// Word is a word of an enumeration. The description lists the words that are
// given. A value that has no word is null.
func Word[T any, E fmt.Stringer](name, description string, words []string, parse func(string) (E, error), at func(*T) *E) Row[T] {
	return Row[T]{
		Column: Column{Name: name, Type: types.StringType, Description: oneOf(description, words)},
		Write:  func(from *T) attr.Value { return value.Text((*at(from)).String()) },
		Read: func(v attr.Value, into *T) error {
			var word E
			var err error
			if s := value.TextOf(v); s != "" {
				word, err = parse(s)
			}
			*at(into) = word
			return err
		},
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
		Read: func(v attr.Value, into *T) error {
			l, _ := v.(types.List)
			var items []E
			for _, s := range value.TextsOf(l.Elements()) {
				word, err := parse(s)
				if err != nil {
					return err
				}
				items = append(items, word)
			}
			*at(into) = items
			return nil
		},
	}
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
		Read: func(v attr.Value, into *T) error {
			s, _ := v.(types.String)
			*at(into) = value.InstantOf(s)
			return nil
		},
	}
}

// Flag is a yes or no.
func Flag[T any](name, description string, at func(*T) *bool) Row[T] {
	return Row[T]{
		Column: Column{Name: name, Type: types.BoolType, Description: description},
		Write:  func(from *T) attr.Value { return types.BoolValue(*at(from)) },
		Read: func(v attr.Value, into *T) error {
			b, _ := v.(types.Bool)
			*at(into) = b.ValueBool()
			return nil
		},
	}
}

// Tristate is a yes or no that is null if it is not stated. It is not read back.
func Tristate[T any](name, description string, at func(*T) *lifecycle.Tristate) Row[T] {
	return Shown(name, types.BoolType, description, func(from *T) attr.Value { return value.Tristate(*at(from)) })
}

// Hundredths is a number from 0 to 1 that is kept in hundredths.
func Hundredths[T any](name, description string, at func(*T) *int) Row[T] {
	return Row[T]{
		Column: Column{Name: name, Type: types.Float64Type, Description: description},
		Write:  func(from *T) attr.Value { return decimal(*at(from)) },
		Read: func(v attr.Value, into *T) error {
			f, _ := v.(types.Float64)
			*at(into) = int(math.Round(f.ValueFloat64() * 100))
			return nil
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
		Read: func(v attr.Value, into *T) error {
			l, _ := v.(types.List)
			*at(into) = value.TextsOf(l.Elements())
			return nil
		},
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
		Read: func(v attr.Value, into *T) error {
			l, _ := v.(types.List)
			elements := l.Elements()
			if len(elements) == 0 {
				*at(into) = nil
				return nil
			}
			items := make([]E, len(elements))
			for i, element := range elements {
				o, _ := element.(types.Object)
				if err := of.Read(o.Attributes(), &items[i]); err != nil {
					return err
				}
			}
			*at(into) = items
			return nil
		},
	}
}
