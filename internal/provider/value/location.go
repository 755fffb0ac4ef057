package value

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
)

// Located puts the place of a value in front of what is wrong with it, if the
// value stands inside an attribute: Terraform then shows the line of the block
// only.
func Located(at path.Path, detail string) string {
	if len(at.Steps()) < 2 {
		return detail
	}
	return "At " + location(at) + ": " + detail
}

// location writes a path the way that a configuration would. An element of a
// set has no name but its value, which the detail tells anyway.
func location(at path.Path) string {
	var b strings.Builder
	for i, step := range at.Steps() {
		switch step := step.(type) {
		case path.PathStepAttributeName:
			if i > 0 {
				b.WriteByte('.')
			}
			b.WriteString(string(step))
		case path.PathStepElementKeyString:
			fmt.Fprintf(&b, "[%q]", string(step))
		case path.PathStepElementKeyInt:
			fmt.Fprintf(&b, "[%d]", int64(step))
		}
	}
	return b.String()
}
