package asset

import (
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute/attributetest"
)

func TestEveryFieldOfARecordHasARow(t *testing.T) {
	// The id is part of the asset. The system's own word for a state and the
	// place of a record are for messages.
	without := []string{"Record.ID", "Record.StateText", "Record.Source"}
	t.Run("single", func(t *testing.T) {
		attributetest.Covers(t, single, append([]string{"Asset.System", "Asset.ID"}, without...)...)
	})
	t.Run("listed", func(t *testing.T) {
		attributetest.Covers(t, listed, append([]string{"Records"}, without...)...)
	})
}
