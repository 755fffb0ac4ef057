package memo_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"weak"

	"github.com/custodyhq/terraform-provider-custody/internal/memo"
)

func TestConcurrentReadsShareOneFetch(t *testing.T) {
	var m memo.Memo[int]
	var fetched atomic.Int32
	release := make(chan struct{})
	fetch := func(context.Context) (int, error) {
		fetched.Add(1)
		<-release
		return 42, nil
	}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if got, err := m.Get(t.Context(), "k", fetch); got != 42 || err != nil {
				t.Errorf("got %d, %v", got, err)
			}
		})
	}
	close(release)
	wg.Wait()
	if n := fetched.Load(); n != 1 {
		t.Errorf("fetched %d times", n)
	}
}

func TestErrorsAreRemembered(t *testing.T) {
	var m memo.Memo[int]
	broken := errors.New("broken")
	if _, err := m.Get(t.Context(), "k", func(context.Context) (int, error) { return 0, broken }); !errors.Is(err, broken) {
		t.Fatalf("got %v", err)
	}
	healed := func(context.Context) (int, error) { return 1, nil }
	if _, err := m.Get(t.Context(), "k", healed); !errors.Is(err, broken) {
		t.Errorf("the same key: got %v, want the first error", err)
	}
	if got, err := m.Get(t.Context(), "other", healed); got != 1 || err != nil {
		t.Errorf("another key: got %d, %v", got, err)
	}
}

// Somebody who gives up must not take the answer from those who wait on.
func TestCancellationIsPrivate(t *testing.T) {
	var m memo.Memo[int]
	started, release := make(chan struct{}), make(chan struct{})
	fetch := func(ctx context.Context) (int, error) {
		close(started)
		select {
		case <-release:
			return 42, nil
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	first, giveUp := context.WithCancel(t.Context())
	firstDone := make(chan error)
	go func() {
		_, err := m.Get(first, "k", fetch)
		firstDone <- err
	}()
	<-started
	joined := make(chan struct{})
	second := make(chan int)
	go func() {
		got, err := m.Get(waiting{t.Context(), joined}, "k", fetch)
		if err != nil {
			t.Error(err)
		}
		second <- got
	}()
	<-joined
	giveUp()
	if err := <-firstDone; !errors.Is(err, context.Canceled) {
		t.Errorf("the first caller got %v", err)
	}
	close(release)
	if got := <-second; got != 42 {
		t.Errorf("the second caller got %d", got)
	}
}

// waiting is a context that tells when somebody waits on it.
type waiting struct {
	context.Context
	joined chan struct{}
}

func (w waiting) Done() <-chan struct{} {
	close(w.joined)
	return w.Context.Done()
}

// When everybody has given up, the fetch ends and is forgotten.
func TestAbandonedFetchIsForgotten(t *testing.T) {
	var m memo.Memo[int]
	started, ended := make(chan struct{}), make(chan struct{})
	ctx, giveUp := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := m.Get(ctx, "k", func(ctx context.Context) (int, error) {
			close(started)
			<-ctx.Done()
			close(ended)
			return 0, ctx.Err()
		})
		done <- err
	}()
	<-started
	giveUp()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	<-ended
	if got, err := m.Get(t.Context(), "k", func(context.Context) (int, error) { return 1, nil }); got != 1 || err != nil {
		t.Errorf("a later caller got %d, %v", got, err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Get(cancelled, "k", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// The end of a run ends its reads at once, whoever still waits for them, and no
// read begins after it.
func TestTheEndOfARunEndsItsReads(t *testing.T) {
	var m, inner memo.Memo[int]
	run, stop := context.WithCancel(t.Context())
	ctx := memo.WithRun(context.WithValue(t.Context(), valueKey{}, "kept"), run)
	started, ended := make(chan struct{}), make(chan error)
	go func() {
		_, _ = m.Get(ctx, "k", func(ctx context.Context) (int, error) {
			return inner.Get(ctx, "k", func(ctx context.Context) (int, error) {
				if ctx.Value(valueKey{}) != "kept" {
					t.Error("the values of the caller are lost")
				}
				close(started)
				<-run.Done()
				ended <- ctx.Err()
				return 0, ctx.Err()
			})
		})
	}()
	<-started
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the context of the read goes on: %v", err)
	}
	for _, key := range []string{"k", "other"} {
		if _, err := m.Get(ctx, key, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v for %q", err, key)
		}
	}
}

// A caller does not wait for a read that takes no notice of the end of the run.
func TestWaitingEndsWithTheRun(t *testing.T) {
	var m memo.Memo[int]
	run, stop := context.WithCancel(t.Context())
	started, release := make(chan struct{}), make(chan struct{})
	done := make(chan error)
	go func() {
		_, err := m.Get(memo.WithRun(t.Context(), run), "k", func(context.Context) (int, error) {
			close(started)
			<-release
			return 1, nil
		})
		done <- err
	}()
	<-started
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	close(release)
}

// A run keeps thousands of answers; each call that began a read holds kilobytes.
func TestAnAnswerKeepsNothingOfItsCaller(t *testing.T) {
	var m memo.Memo[int]
	ask := func() weak.Pointer[[1 << 10]byte] {
		held := new([1 << 10]byte)
		if _, err := m.Get(context.WithValue(t.Context(), valueKey{}, held), "k", func(context.Context) (int, error) { return 1, nil }); err != nil {
			t.Fatal(err)
		}
		return weak.Make(held)
	}
	caller := ask()
	// The goroutine of the read may end a moment after its answer.
	for i := 0; caller.Value() != nil; i++ {
		if i == 100 {
			t.Fatal("the context of the caller is still held")
		}
		runtime.Gosched()
		runtime.GC()
	}
	if _, err := m.Get(t.Context(), "k", nil); err != nil {
		t.Error(err)
	}
}

type valueKey struct{}
