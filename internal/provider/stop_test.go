package provider_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/inventory"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest/snipetest"
)

// stallingServer is a server that keeps or puts off every request until the test is over,
// and counts those that come after the stop.
type stallingServer struct {
	answer  http.HandlerFunc
	arrived chan struct{}
	stopped atomic.Bool
	late    atomic.Int64
}

func (b *stallingServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if b.stopped.Load() {
		b.late.Add(1)
		return
	}
	b.answer(w, r)
	b.arrived <- struct{}{}
}

// No request starts after a stop, whatever the calls are waiting for, and nobody
// waits on.
func TestNoRequestAfterAStop(t *testing.T) {
	for name, c := range map[string]struct {
		calls, underWay int // the inventory asks for 8 at a time
		answer          http.HandlerFunc
	}{
		"an answer that does not come": {20, 8, func(http.ResponseWriter, *http.Request) {}},
		"a server that is busy": {1, 1, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "100")
			w.WriteHeader(http.StatusServiceUnavailable)
		}},
		"a pause before the next attempt": {1, 1, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }},
	} {
		t.Run(name, func(t *testing.T) {
			b := &stallingServer{answer: c.answer, arrived: make(chan struct{}, 100)}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				b.ServeHTTP(w, r)
				if c.calls > 1 {
					<-r.Context().Done()
				}
			}))
			t.Cleanup(server.Close)
			inv, err := inventory.New([]system.System{snipe(t, server.URL)}, nil)
			if err != nil {
				t.Fatal(err)
			}
			var stop context.CancelFunc
			inv.Run, stop = context.WithCancel(t.Context())
			ask := func(n int) error {
				// Nothing ends the context of a call that the stop missed.
				_, err := inv.Asset(context.WithoutCancel(t.Context()), lifecycle.Ref{System: "hq", ID: fmt.Sprint(n)})
				return err
			}
			var calls sync.WaitGroup
			for n := 1; n <= c.calls; n++ {
				calls.Go(func() {
					if err := ask(n); !errors.Is(err, context.Canceled) {
						t.Errorf("a call ended with %v", err)
					}
				})
			}
			for range c.underWay {
				<-b.arrived
			}
			b.stopped.Store(true)
			stop()
			calls.Wait()
			for n := 1; n <= 3; n++ { // known, under way, and new
				if err := ask(15 * n); !errors.Is(err, context.Canceled) {
					t.Errorf("a call after the stop ended with %v", err)
				}
			}
			server.Close()
			if late := b.late.Load(); late > 0 {
				t.Errorf("%d requests came after the stop", late)
			}
		})
	}
}

// Whoever waits for a long list sees how far it is.
func TestALongListIsReported(t *testing.T) {
	server := httptest.NewServer(&snipetest.Server{Assets: many})
	t.Cleanup(server.Close)
	inv, err := inventory.New([]system.System{snipe(t, server.URL)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var told []system.Progress
	inv.Progress = func(_ context.Context, p system.Progress) { told = append(told, p) }
	if all, err := inv.Records(t.Context(), "hq"); err != nil || len(all) != many {
		t.Fatalf("%d assets, %v", len(all), err)
	}
	if want := []system.Progress{{System: "hq", What: "rows", Pages: 10, Entries: 10 * pageSize}}; !slices.Equal(told, want) {
		t.Errorf("told %+v, want %+v", told, want)
	}
}
