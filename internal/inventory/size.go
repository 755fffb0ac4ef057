package inventory

import "context"

// Listed returns how many asset records the systems hold together, if all systems
// have been listed or have stated their number already. It sends no request.
func (inv *Inventory) Listed(ctx context.Context) (int, bool) {
	total := 0
	for _, s := range inv.sources {
		switch l := s.records.listing(); {
		case l.Count > 0:
			total += l.Count
		case l.PageSize == 0:
			all, err := s.list(ctx)
			if err != nil {
				return 0, false
			}
			total += len(all)
		default:
			return 0, false
		}
	}
	return total, total > 0
}
