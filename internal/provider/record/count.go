package record

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/register"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// KindConfirmed is the kind of the event by which somebody confirmed that a list is as
// short as it is.
const KindConfirmed = "list.confirmed"

// Shrink says by how much lists may shrink.
type Shrink struct {
	Percent   int
	Confirmed map[string]int64 // "<system>/<list>" to the fewest records that it may have
}

// Count returns a function that compares the length of a list with that of the last run
// in the register, and remembers it for the next. A list that shrank by more than it may
// is unavailable. While the register cannot be opened nothing is compared: whatever would
// follow from a short list has to be recorded, and is refused by the plan.
func (r *Run) Count(allowed Shrink) func(ctx context.Context, name string, list system.Capability, records int) error {
	return func(ctx context.Context, name string, list system.Capability, records int) error {
		found, err := r.Open(ctx)
		if err != nil {
			return nil //nolint:nilerr // see above
		}
		of := r.of
		of.At = r.clock.Now()
		c := register.Count{System: name, List: string(list), Records: int64(records)}
		err = found.NoteCount(ctx, of, c, allowed.Percent)
		var shrank *register.ShrankError
		if !errors.As(err, &shrank) {
			return err
		}
		key := object(name, string(list))
		if least, ok := allowed.Confirmed[key]; ok && c.Records >= least {
			return r.Write(ctx, func(tx *register.Tx) error { return confirm(tx, key, shrank) })
		}
		return shrunk(key, shrank)
	}
}

// confirm remembers a shorter list, and that it was confirmed.
func confirm(tx *register.Tx, key string, shrank *register.ShrankError) error {
	if err := tx.ConfirmCount(shrank.Now); err != nil {
		return err
	}
	_, err := tx.Append(register.Draft{
		Kind: KindConfirmed, Subject: key, Body: fmt.Sprintf(`{"before": %d, "records": %d}`, shrank.Before.Records, shrank.Now.Records),
	})
	return err
}

// shrunk says that a list is too short, and how it is confirmed.
func shrunk(key string, e *register.ShrankError) error {
	return &fault.Fault{
		Kind: fault.ErrUnavailable, Summary: "List Shrank",
		Happened: fmt.Sprintf("The list of %s of the system %q has %d records. It had %d on %s, and may lose %d percent from one run to the next (limits.shrink). "+
			"A list that loses that much is usually cut off, by an export that failed, a filter or a right that was taken away, so it counts as unavailable.",
			e.Now.List, e.Now.System, e.Now.Records, e.Before.Records, e.Before.At.UTC().Format(time.DateOnly), e.Percent),
		Advice: fmt.Sprintf("If records are missing, bring the list back and plan again. If the list is right, confirm it in the provider block: limits = { confirmed = { %q = %d } }. "+
			"The confirmation is written into the ledger; take it out after the next run.", key, e.Now.Records),
	}
}
