package account_test

import (
	"fmt"
	"strings"
	"testing"
)

// A plan that disables too many accounts fails, whatever the cause, and changes none.
func TestTheBrakeOfAccounts(t *testing.T) {
	subjects := []string{"a1", "a2", "a3", "a4"}
	o := newTestDirectory(t, subjects...)
	o.Edit("provider.tf", "  limits    = { revocations = -1 }\n", "")
	write := func(arguments ...string) {
		var text strings.Builder
		for _, subject := range subjects {
			text.WriteString(block(subject, subject, arguments...))
		}
		o.Write("main.tf", text.String())
	}
	write("enabled = false") // when they are taken over
	o.Plan().Exits(1).Says("Too Many Revocations in One Plan", "takes away 4 enabled accounts", "It may do so with 3", "corp/a4")
	write("enabled = true")
	o.Apply()
	write("enabled = false")
	o.Plan().Exits(1).Says("takes away 4 enabled accounts")
	write("enabled = true", `expires_at = "2020-01-01T00:00:00Z"`)
	o.Plan().Exits(1).Says("takes away 4 enabled accounts")
	write("enabled = true", `expires_at = "2097-01-01T00:00:00Z"`, `on_destroy = "disable"`)
	o.Apply()
	o.Write("main.tf", "")
	o.Plan().Exits(1).Says("takes away 4 enabled accounts")
	for _, subject := range subjects {
		o.wantLogin(t, subject, true)
	}
	write("enabled = false")
	o.Edit("main.tf", block("a4", "a4", "enabled = false"), block("a4", "a4", "enabled = true"))
	o.Apply() // three are allowed
	o.Plan().Exits(0)
	write("enabled = false")
	o.Apply()
	for _, subject := range subjects {
		o.wantLogin(t, subject, false)
	}
	// Those that are disabled already count no more.
	o.Write("main.tf", "")
	o.Apply().Says(fmt.Sprintf("%d destroyed", len(subjects)))
}
