package grant_test

import (
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

const (
	key = "custody_grant.key" // the grant of the application, in testdata/app
	vpn = "custody_grant.vpn" // the grant of the laptop, in testdata/laptop

	day = 24 * time.Hour
)

// give adds arguments to the one grant of the workspace.
func give(w interface {
	Edit(name, old, replacement string)
}, arguments ...string) {
	w.Edit("main.tf", "\n  access ", "\n  "+strings.Join(arguments, "\n  ")+"\n  access ")
}

// instant writes the start of the clock plus some time as the state does.
func instant(after time.Duration) string {
	return acctest.Start.Add(after).Format(time.RFC3339)
}
