package value

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

// check is a validator of strings made of one function.
type check struct {
	accepts string
	summary string
	test    func(string) error
}

// Description says what is accepted.
func (c check) Description(context.Context) string { return c.accepts }

// MarkdownDescription says what is accepted.
func (c check) MarkdownDescription(context.Context) string { return c.accepts }

// ValidateString reports a value that the check does not accept, at the
// attribute that holds it.
func (c check) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := c.test(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, c.summary, Located(req.Path, fmt.Sprintf("%s\n\nAccepted: %s.", fault.Sentence(err), c.accepts)))
	}
}

// Stated accepts every text but an empty one and one of blanks: what is not
// stated is null.
func Stated() validator.String {
	return check{"a text that is not empty; leave the attribute out (or null) to state nothing", "Empty Text", func(s string) error {
		if strings.TrimSpace(s) == "" {
			return fmt.Errorf("an empty text states nothing")
		}
		return nil
	}}
}

// Timestamp accepts an RFC 3339 instant with whole seconds.
func Timestamp() validator.String {
	return check{"an RFC 3339 timestamp with whole seconds, such as 2030-01-31T12:00:00Z", "Invalid Timestamp", discard(ParseInstant)}
}

// EndOfDay accepts an RFC 3339 instant or a date.
func EndOfDay() validator.String {
	return check{"a date such as 2030-01-31, which means the end of that day in UTC, or an RFC 3339 timestamp with whole seconds", "Invalid Date", discard(ParseEndOfDay)}
}

// StartOfDay accepts an RFC 3339 instant or a date.
func StartOfDay() validator.String {
	return check{"a date such as 2030-01-31, which means the start of that day in UTC, or an RFC 3339 timestamp with whole seconds", "Invalid Date", discard(ParseStartOfDay)}
}

// Duration accepts Go durations plus days and weeks.
func Duration() validator.String {
	return check{"a positive duration such as 36h, 14d or 2w", "Invalid Duration", discardDuration(policy.ParseDuration)}
}

// OneOf accepts what the typed list accepts.
func OneOf[T any](what string, accepted []string, parse func(string) (T, error)) validator.String {
	return check{"one of " + strings.Join(accepted, ", "), "Invalid " + what, func(s string) error {
		_, err := parse(s)
		if err != nil {
			return fmt.Errorf("%q is not among them", s)
		}
		return nil
	}}
}

// Checked accepts what the function accepts.
func Checked(summary, accepts string, test func(string) error) validator.String {
	return check{accepts, summary, test}
}

func discard(parse func(string) (time.Time, error)) func(string) error {
	return func(s string) error { _, err := parse(s); return err }
}

func discardDuration(parse func(string) (time.Duration, error)) func(string) error {
	return func(s string) error { _, err := parse(s); return err }
}
