package systemtest

import (
	"context"
	"strings"
	"sync"
)

// script counts the calls of a fake, and lets tests make calls fail or wait. It is
// safe for concurrent use; its lock guards what the fake holds as well.
type script struct {
	mu    sync.Mutex
	calls []string
	fails map[string]error
	gates map[string]*gate

	during func(ctx context.Context) // while a call is under way
}

// gate makes one call wait.
type gate struct {
	reached func()
	open    chan struct{}
}

// Fail makes a call fail from now on; nil heals it. A call is named like
// "Asset APP-1", and a bare "Asset" stands for all of them.
func (s *script) Fail(call string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails == nil {
		s.fails = make(map[string]error)
	}
	s.fails[call] = err
}

// Hold makes a call wait until release is called or its context ends. reached is
// closed when the first call waits there.
func (s *script) Hold(call string) (reached <-chan struct{}, release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gates == nil {
		s.gates = make(map[string]*gate)
	}
	arrived, open := make(chan struct{}), make(chan struct{})
	s.gates[call] = &gate{reached: sync.OnceFunc(func() { close(arrived) }), open: open}
	return arrived, sync.OnceFunc(func() { close(open) })
}

// Calls returns the calls so far, in their order.
func (s *script) Calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.calls...)
}

// called records a call and makes it fail or wait.
func (s *script) called(ctx context.Context, method, argument string) error {
	call := strings.TrimSpace(method + " " + argument)
	s.mu.Lock()
	s.calls = append(s.calls, call)
	gate := s.gates[call]
	err := s.fails[call]
	if err == nil {
		err = s.fails[method]
	}
	s.mu.Unlock()
	if s.during != nil {
		s.during(ctx)
	}
	if gate != nil {
		gate.reached()
		select {
		case <-gate.open:
		case <-ctx.Done():
		}
	}
	if err == nil {
		err = ctx.Err()
	}
	return err
}
