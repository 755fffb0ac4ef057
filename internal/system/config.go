package system

import (
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
)

// Problem is one thing that is wrong with the configuration of a system.
type Problem struct {
	Attribute string // the attribute of the kind's block: "columns", or "reviews.queue" of a block in it; empty for the block itself
	Key       string // the key inside it, if the attribute is a map
	Message   string // what is wrong and what is accepted, full sentences
}

// ConfigError lists everything that is wrong with the configuration of a
// system, so that a user can correct all of it at once.
type ConfigError struct {
	System   string
	Problems []Problem
}

// Error returns all problems as one text.
func (e *ConfigError) Error() string {
	var b strings.Builder
	b.WriteString("system " + e.System + ": ")
	for i, p := range e.Problems {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(p.Attribute)
		if p.Key != "" {
			b.WriteString("[" + p.Key + "]")
		}
		b.WriteString(": " + p.Message)
	}
	return b.String()
}

// Unwrap returns fault.ErrConfig.
func (e *ConfigError) Unwrap() error { return fault.ErrConfig }
