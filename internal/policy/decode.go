package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxNesting bounds how deep a document may nest. A document needs four levels,
// and one more for each document that it extends.
const maxNesting = 4*MaxExtends + 8

// trustWord as the value of authority accepts every name.
const trustWord = "trust"

const badDocument = "Invalid Policy Document"

// readTree reads exactly one JSON value into maps, slices, strings, numbers and
// booleans.
func readTree(data []byte) (any, error) {
	whole := reporter{problems: &Problems{}}
	switch {
	case len(data) > MaxSize:
		whole.report(badDocument, fmt.Sprintf("The document is %d bytes long; at most %d are accepted.", len(data), MaxSize))
		return nil, *whole.problems
	case !utf8.Valid(data):
		whole.report(badDocument, "The document is not valid UTF-8.")
		return nil, *whole.problems
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	r := treeReader{dec: dec, data: data}
	tree := r.value(whole, 0)
	if len(*whole.problems) == 0 {
		if _, err := dec.Token(); !errors.Is(err, io.EOF) {
			whole.report(badDocument, "Something follows the document"+r.position(dec.InputOffset())+"; one JSON object is accepted.")
		}
	}
	if len(*whole.problems) > 0 {
		return nil, *whole.problems
	}
	return tree, nil
}

// treeReader exists because encoding/json silently uses the last of several
// equal keys, which would hide the first one in a policy.
type treeReader struct {
	dec  *json.Decoder
	data []byte
}

// value reads one value. Reading stops at the first problem, because the text
// after a syntax error cannot be parsed.
func (r *treeReader) value(at reporter, depth int) any {
	token, err := r.dec.Token()
	if err != nil {
		r.syntax(at, err)
		return nil
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return token
	}
	if depth == maxNesting {
		at.report(badDocument, fmt.Sprintf("The document nests deeper than the %d levels that are accepted.", maxNesting))
		return nil
	}
	if delim == '[' {
		return r.list(at, depth)
	}
	return r.object(at, depth)
}

func (r *treeReader) list(at reporter, depth int) any {
	list := []any{}
	for r.dec.More() {
		list = append(list, r.value(at.in(len(list)), depth+1))
		if len(*at.problems) > 0 {
			return nil
		}
	}
	r.end(at)
	return list
}

func (r *treeReader) object(at reporter, depth int) any {
	object := map[string]any{}
	for r.dec.More() {
		token, err := r.dec.Token()
		if err != nil {
			r.syntax(at, err)
			return nil
		}
		key, ok := token.(string)
		if !ok {
			at.report(badDocument, "A key of an object is not a string"+r.position(r.dec.InputOffset())+".")
			return nil
		}
		if _, repeated := object[key]; repeated {
			at.in(key).report("Repeated Key", fmt.Sprintf("The key %q occurs twice in the same object%s; state it once.",
				key, r.position(r.dec.InputOffset())))
			return nil
		}
		object[key] = r.value(at.in(key), depth+1)
		if len(*at.problems) > 0 {
			return nil
		}
	}
	r.end(at)
	return object
}

// end reads the delimiter that More has seen.
func (r *treeReader) end(at reporter) {
	if _, err := r.dec.Token(); err != nil {
		r.syntax(at, err)
	}
}

func (r *treeReader) syntax(at reporter, err error) {
	offset := r.dec.InputOffset()
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		offset = syntax.Offset
	}
	text := strings.TrimPrefix(err.Error(), "json: ")
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		text = "the document ends too early"
	}
	at.report(badDocument, "The document is not valid JSON"+r.position(offset)+": "+text+".")
}

func (r *treeReader) position(offset int64) string {
	before := r.data[:min(int(offset), len(r.data))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return fmt.Sprintf(" (line %d, column %d)", line, max(column, 1))
}

// decodeDocument fills a Document from a tree. The types and their tags are the
// only list of keys.
func decodeDocument(tree any) (*Document, Problems) {
	var problems Problems
	at := reporter{problems: &problems}
	doc := &Document{}
	if tree == nil {
		at.report(badDocument, "The document is null; a JSON object is accepted.")
		return nil, problems
	}
	decode(at, tree, reflect.ValueOf(doc).Elem())
	docs, tooDeep := doc.chain()
	for i, d := range docs {
		if d.Version != Version && len(problems) == 0 {
			below(at, i).in("version").report("Unknown Version", unknownVersion(d.Version))
		}
	}
	if tooDeep {
		reportTooDeep(below(at, MaxExtends+1))
	}
	return doc, problems
}

func unknownVersion(v int) string {
	return fmt.Sprintf("%d is not a version of the policy document that this provider reads; accepted: %d.", v, Version)
}

func reportTooDeep(at reporter) {
	at.report("Too Many Documents", fmt.Sprintf("A document may extend a chain of at most %d others.", MaxExtends))
}

// below returns a reporter for the document that is n levels below in the chain
// of extends.
func below(at reporter, n int) reporter {
	for range n {
		at = at.in("extends")
	}
	return at
}

func decode(at reporter, v any, dst reflect.Value) {
	switch dst.Kind() {
	case reflect.Pointer:
		dst.Set(reflect.New(dst.Type().Elem()))
		decode(at, v, dst.Elem())
	case reflect.Struct:
		if dst.Type() == reflect.TypeFor[Authority]() && v == trustWord {
			trust := true
			dst.Set(reflect.ValueOf(Authority{Trust: &trust}))
			return
		}
		if object, ok := v.(map[string]any); ok {
			decodeStruct(at, object, dst)
			return
		}
		accepted := "an object"
		if dst.Type() == reflect.TypeFor[Authority]() {
			accepted += `, or the word "` + trustWord + `",`
		}
		wrongType(at, v, accepted)
	case reflect.Map:
		if object, ok := v.(map[string]any); ok {
			decodeMap(at, object, dst)
			return
		}
		wrongType(at, v, "an object")
	case reflect.Slice:
		if list, ok := v.([]any); ok {
			dst.Set(reflect.MakeSlice(dst.Type(), len(list), len(list)))
			for i, item := range list {
				decode(at.in(i), item, dst.Index(i))
			}
			return
		}
		wrongType(at, v, "a list")
	case reflect.Bool:
		if b, ok := v.(bool); ok {
			dst.SetBool(b)
			return
		}
		wrongType(at, v, "true or false")
	case reflect.String:
		if s, ok := v.(string); ok {
			dst.SetString(s)
			return
		}
		wrongType(at, v, "a string")
	default:
		decodeNumber(at, v, dst)
	}
}

func decodeNumber(at reporter, v any, dst reflect.Value) {
	number, ok := v.(json.Number)
	if !ok {
		wrongType(at, v, "a number")
		return
	}
	if dst.Type() == reflect.TypeFor[Hundredths]() {
		h, err := ParseHundredths(number.String())
		if err != nil {
			at.report("Invalid Number", err.Error()+".")
			return
		}
		dst.SetInt(int64(h))
		return
	}
	n, err := strconv.ParseInt(number.String(), 10, 32)
	if err != nil {
		at.report("Invalid Number", number.String()+" is not accepted; use a whole number.")
		return
	}
	dst.SetInt(n)
}

func decodeStruct(at reporter, object map[string]any, dst reflect.Value) {
	if dst.Type() == reflect.TypeFor[Document]() {
		dst.FieldByName("Version").SetInt(Version)
	}
	known := make([]string, 0, dst.NumField())
	for i := range dst.NumField() {
		key, options, _ := strings.Cut(dst.Type().Field(i).Tag.Get("json"), ",")
		known = append(known, key)
		// Null is "not stated", as everywhere in Terraform.
		if v := object[key]; v != nil {
			decode(at.in(key), v, dst.Field(i))
		}
		if field := dst.Field(i); options == "omitempty" && isEmptyCollection(field) {
			field.SetZero()
		}
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(known, key) {
			at.in(key).report("Unknown Key", fmt.Sprintf("%q is not a key of this object; accepted: %s.", key, strings.Join(known, ", ")))
		}
	}
}

func isEmptyCollection(v reflect.Value) bool {
	return (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.Len() == 0
}

func decodeMap(at reporter, object map[string]any, dst reflect.Value) {
	dst.Set(reflect.MakeMapWithSize(dst.Type(), len(object)))
	for _, key := range slices.Sorted(maps.Keys(object)) {
		item := reflect.New(dst.Type().Elem()).Elem()
		decode(at.in(key), object[key], item)
		dst.SetMapIndex(reflect.ValueOf(key), item)
	}
}

func wrongType(at reporter, v any, accepted string) {
	var got string
	switch v := v.(type) {
	case nil:
		got = "null"
	case bool:
		got = strconv.FormatBool(v)
	case string:
		got = "a string"
	case json.Number:
		got = "the number " + v.String()
	case []any:
		got = "a list"
	default:
		got = "an object"
	}
	at.report("Wrong Type", fmt.Sprintf("This is %s; %s is accepted.", got, accepted))
}
