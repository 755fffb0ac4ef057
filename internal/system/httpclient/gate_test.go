package httpclient_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// busyUntil answers 429 before an instant of the clock.
func busyUntil(now clock.Clock, at time.Time, after string, asked *atomic.Int64) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		if now.Now().Before(at) {
			w.Header().Set("Retry-After", after)
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}
}

// One request that is asked to wait keeps all others from being sent.
func TestRetryAfterHoldsAllRequests(t *testing.T) {
	now := clock.NewFake(noon)
	var asked atomic.Int64
	server := serve(t, busyUntil(now, noon.Add(30*time.Second), "30", &asked))
	held, release := make(chan struct{}, 10), make(chan struct{})
	client := open(t, server.URL, func(c *httpclient.Config) {
		c.Clock = now
		c.Wait = func(ctx context.Context, d time.Duration) error {
			if d != 31*time.Second {
				t.Errorf("somebody waits %s", d)
			}
			held <- struct{}{}
			select {
			case <-release:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	var wg sync.WaitGroup
	get := func(ctx context.Context, want error) {
		wg.Go(func() {
			r, err := client.For("Other").Get(ctx, []string{"x"}, nil)
			if !errors.Is(err, want) || err == nil && r.Status != http.StatusOK {
				t.Errorf("got %+v, %v; want %v", r, err, want)
			}
		})
	}
	get(t.Context(), nil)
	<-held
	for range 5 {
		get(t.Context(), nil)
		<-held
	}
	ctx, cancel := context.WithCancel(t.Context())
	get(ctx, context.Canceled)
	<-held
	cancel()
	if n := asked.Load(); n != 1 {
		t.Errorf("%d requests were sent before the time was up", n)
	}
	now.Advance(31 * time.Second)
	close(release)
	wg.Wait()
	if n := asked.Load(); n != 7 {
		t.Errorf("%d requests, want the one that was refused and one for each of six", n)
	}
	if _, err := client.Get(t.Context(), []string{"x"}, nil); err != nil {
		t.Error(err)
	}
	if len(held) > 0 {
		t.Error("the gate stays shut")
	}
}

// Nobody is held for longer than MaxWait, however often the gate is shut anew,
// and a server that asks for more than that holds nobody.
func TestRetryAfterIsBounded(t *testing.T) {
	now := clock.NewFake(noon)
	var asked atomic.Int64
	server := serve(t, busyUntil(now, noon.AddDate(1, 0, 0), "50", &asked))
	var all []time.Duration
	client := open(t, server.URL, func(c *httpclient.Config) {
		c.Clock, c.MaxWait, c.Retries = now, time.Minute, -1
		c.Wait = func(ctx context.Context, d time.Duration) error {
			all = append(all, d)
			now.Advance(d)
			if len(all) == 1 {
				// The request that is held is not the one that shuts the gate anew.
				other, _ := ctx.Value(again{}).(func())
				other()
			}
			return ctx.Err()
		}
	})
	get := func(ctx context.Context) {
		if r, err := client.Get(ctx, []string{"x"}, nil); err != nil || r.Status != http.StatusTooManyRequests {
			t.Errorf("got %+v, %v", r, err)
		}
	}
	get(t.Context())
	get(context.WithValue(t.Context(), again{}, func() { get(t.Context()) }))
	if len(all) != 2 || all[0] != 51*time.Second || all[1] != 9*time.Second || asked.Load() != 3 {
		t.Errorf("%d requests with the waits %v", asked.Load(), all)
	}

	asked.Store(0)
	server = serve(t, busyUntil(now, noon.AddDate(1, 0, 0), "3600", &asked))
	client = open(t, server.URL, func(c *httpclient.Config) {
		c.Clock, c.Wait = now, func(context.Context, time.Duration) error { t.Error("somebody waits"); return nil }
	})
	for range 2 {
		_, err := client.Get(t.Context(), []string{"x"}, nil)
		unavailable(t, err, "asks to wait 1h0m0s")
	}
}

// again is the key of what happens while a request is held.
type again struct{}
