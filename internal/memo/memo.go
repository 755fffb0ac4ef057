// Package memo keeps what was read once in a run. A run asks for the same
// thing many times and from many places at once; it must get one answer, so
// that two resources of one plan can never disagree.
package memo

import (
	"context"
	"sync"
)

// Memo remembers one answer, or one error, for each key. The zero value is
// ready for use, and it is safe for concurrent use.
type Memo[T any] struct {
	mu    sync.Mutex
	reads map[string]*read[T]
}

type read[T any] struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiting int
	value   T
	err     error
}

// Get returns the remembered answer for key, or joins the read that is under way,
// or starts it. If the context of one caller ends, the read continues for the
// others. The read is cancelled and forgotten only when all callers have given
// up, so that a cancelled run leaves no request behind and does not affect a
// later one. The read also ends with its run (WithRun).
func (m *Memo[T]) Get(ctx context.Context, key string, fetch func(context.Context) (T, error)) (T, error) {
	var none T
	run := runOf(ctx)
	for _, c := range []context.Context{ctx, run} {
		if err := c.Err(); err != nil {
			return none, err
		}
	}
	r := m.join(ctx, key, fetch)
	select {
	case <-r.done:
		return r.value, r.err
	default:
	}
	select {
	case <-r.done:
		return r.value, r.err
	case <-ctx.Done():
		m.leave(key, r)
		return none, ctx.Err()
	case <-run.Done():
		m.leave(key, r)
		return none, run.Err()
	}
}

func (m *Memo[T]) join(ctx context.Context, key string, fetch func(context.Context) (T, error)) *read[T] {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r, ok := m.reads[key]; ok {
		r.waiting++
		return r
	}
	reading, cancel := startRead(ctx)
	r := &read[T]{done: make(chan struct{}), cancel: cancel, waiting: 1}
	if m.reads == nil {
		m.reads = make(map[string]*read[T])
	}
	m.reads[key] = r
	go func() {
		defer m.end(r)
		defer cancel()
		r.value, r.err = fetch(reading)
	}()
	return r
}

// end gives the answer to who waits. It forgets the context of the read, which holds
// on to everything that the call held that began it.
func (m *Memo[T]) end(r *read[T]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r.cancel = nil
	close(r.done)
}

// leave removes one waiting caller. waiting counts callers that have not given
// up; callers that were answered stay counted, which keeps the answer.
func (m *Memo[T]) leave(key string, r *read[T]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r.waiting--
	select {
	case <-r.done:
		return
	default:
	}
	if r.waiting == 0 {
		r.cancel()
		if m.reads[key] == r {
			delete(m.reads, key)
		}
	}
}
