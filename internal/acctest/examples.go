package acctest

import (
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
)

// FollowMachine sets the workspace's clock an hour ahead of the machine's. Then
// plantimestamp(), which the command line tool takes from the machine, lies in
// the past and is recent, so that a configuration can be run as users write it.
func (w *Workspace) FollowMachine() { w.Clock.Set(clock.System{}.Now().Add(time.Hour)) }
