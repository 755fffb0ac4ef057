// Package value says how facts and decisions stand in Terraform's values: what is
// not stated is null, instants are RFC 3339 in UTC with whole seconds, durations
// are Go durations plus days and weeks.
package value

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// Text returns a string value, null if s is empty.
func Text(s string) types.String {
	if s == "" {
		return types.StringNull()
	}
	return types.StringValue(s)
}

// TextOf reads a string; null, unknown and anything else read as empty.
func TextOf(v attr.Value) string {
	s, _ := v.(types.String)
	return s.ValueString()
}

// Instant returns t as RFC 3339 in UTC, null if t is zero.
func Instant(t time.Time) types.String { return Text(Stamp(t)) }

// Stamp returns t as RFC 3339 in UTC, "" if t is zero.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// JSON returns the one form in which the state holds an object as a text. It panics if
// the object holds what has no JSON, which is a defect.
func JSON(object any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(object); err != nil {
		panic("value: " + err.Error())
	}
	return strings.TrimSuffix(text.String(), "\n")
}

// ParseInstant reads an RFC 3339 instant with whole seconds.
func ParseInstant(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not an RFC 3339 timestamp such as 2030-01-31T12:00:00Z", s)
	}
	if t.Nanosecond() != 0 {
		return time.Time{}, fmt.Errorf("%q has a fraction of a second; whole seconds are accepted", s)
	}
	return t.UTC(), nil
}

// ParseEndOfDay reads an RFC 3339 instant, or a date that stands for the end of
// that day in UTC.
func ParseEndOfDay(s string) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		return day.Add(24*time.Hour - time.Second), nil
	}
	t, err := ParseInstant(s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is neither a date such as 2030-01-31 nor an RFC 3339 timestamp with whole seconds", s)
	}
	return t, nil
}

// ParseStartOfDay reads an RFC 3339 instant, or a date that stands for the start of
// that day in UTC.
func ParseStartOfDay(s string) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		return day, nil
	}
	return ParseEndOfDay(s) // which is not a date
}

// InstantOf reads a timestamp that the provider wrote itself; anything else reads
// as not stated.
func InstantOf(v types.String) time.Time {
	if v.IsNull() {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, v.ValueString())
	if err != nil {
		return time.Time{}
	}
	return t
}

// Tristate returns a yes or no, null if it is not stated.
func Tristate(t lifecycle.Tristate) types.Bool {
	if t == lifecycle.Unstated {
		return types.BoolNull()
	}
	return types.BoolValue(t == lifecycle.Yes)
}

// Texts returns a list of strings; no items give an empty list.
func Texts(items []string) types.List {
	out := make([]attr.Value, len(items))
	for i, s := range items {
		out[i] = types.StringValue(s)
	}
	return types.ListValueMust(types.StringType, out)
}

// TextsOf reads a list or set of strings; null and unknown items are left out.
func TextsOf(elements []attr.Value) []string {
	if len(elements) == 0 {
		return nil
	}
	out := make([]string, 0, len(elements))
	for _, e := range elements {
		if s, ok := e.(types.String); ok && !s.IsNull() && !s.IsUnknown() {
			out = append(out, s.ValueString())
		}
	}
	return out
}

// TextMapOf reads a map of strings; null elements are left out, unknown ones read as
// empty, and a null map reads as nil.
func TextMapOf(m types.Map) map[string]string {
	if m.IsNull() {
		return nil
	}
	out := make(map[string]string, len(m.Elements()))
	for key, v := range m.Elements() {
		if s, ok := v.(types.String); ok && !s.IsNull() {
			out[key] = s.ValueString()
		}
	}
	return out
}

// Object returns an object of the given values; its types are theirs.
func Object(values map[string]attr.Value) types.Object {
	of := make(map[string]attr.Type, len(values))
	for name, v := range values {
		of[name] = v.Type(context.Background())
	}
	return types.ObjectValueMust(of, values)
}

// WhollyKnown reports whether neither the value nor anything in it is unknown.
func WhollyKnown(v attr.Value) bool {
	if v.IsUnknown() {
		return false
	}
	switch v := v.(type) {
	case types.Object:
		return mapKnown(v.Attributes())
	case types.Map:
		return mapKnown(v.Elements())
	case types.List:
		return listKnown(v.Elements())
	case types.Set:
		return listKnown(v.Elements())
	}
	return true
}

func mapKnown(values map[string]attr.Value) bool {
	for _, v := range values {
		if !WhollyKnown(v) {
			return false
		}
	}
	return true
}

func listKnown(values []attr.Value) bool {
	for _, v := range values {
		if !WhollyKnown(v) {
			return false
		}
	}
	return true
}
