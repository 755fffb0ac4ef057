package owner

import (
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute/attributetest"
)

func TestEveryFieldOfAnOwnerHasARow(t *testing.T) {
	// The directory and the id are the holder. The status is told at the instant
	// of the run. The directory's own word for it and the place of an entry are
	// for messages.
	attributetest.Covers(t, rows, "Person.Directory", "Person.ID", "Person.Status", "Person.StatusText", "Person.Source")
}
