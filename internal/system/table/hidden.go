package table

import "github.com/custodyhq/terraform-provider-custody/internal/system"

// hideableFields are the fields of an asset in which a hidden value counts as
// not stated.
var hideableFields = []int{
	assetClass, assetPurpose, assetEnvironment, assetCriticality, assetThirdParty, assetShared, assetRetirementDate, assetVerifiedAt, assetAssignedAt,
}

// takeHidden empties the cells with values that the exporting account may not
// read, and returns a sentence for each (lifecycle.Record.Unread).
func takeHidden(r *Row) []string {
	var unread []string
	for _, f := range hideableFields {
		if cell := &r.cells[f]; system.Hidden(cell.Text) {
			unread = append(unread, system.UnreadHidden(Assets.Fields[f], cell.Text))
			cell.Text = ""
		}
	}
	return unread
}
