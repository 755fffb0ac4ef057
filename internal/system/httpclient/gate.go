package httpclient

import (
	"context"
	"sync"
	"time"
)

// gate holds back all requests of a client after the server asked one of them to
// wait: the server means the client as a whole, and further requests only
// lengthen the wait.
type gate struct {
	mu    sync.Mutex
	until time.Time
}

// hold keeps the gate closed for the time that the server asked for, unless it
// already is closed for longer.
func (g *gate) hold(now time.Time, asked time.Duration) {
	// The clock is in whole seconds.
	until := now.Add(asked + time.Second)
	g.mu.Lock()
	defer g.mu.Unlock()
	if until.After(g.until) {
		g.until = until
	}
}

func (g *gate) shut() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.until
}

// pass waits until the gate is open. It may be closed again in the meantime.
// After MaxWait, send; the reply tells us more.
func (c *Client) pass(ctx context.Context) error {
	left := c.config.MaxWait
	for until, before := c.gate.shut(), (time.Time{}); until.After(before) && left > 0; until, before = c.gate.shut(), until {
		pause := min(until.Sub(c.config.Clock.Now()), left)
		if pause <= 0 {
			break
		}
		if err := c.config.Wait(ctx, pause); err != nil {
			return err
		}
		left -= pause
	}
	return ctx.Err()
}
