package servers

import (
	"os"
	"sync"
	"testing"
)

// Shared is a server that all tests of a binary use. The zero value is ready
// for use.
type Shared[T any] struct {
	once  sync.Once
	value T
	err   error
}

// Get returns the server and starts it for the first caller. If that fails, it
// fails every test that asks: a server that is there and does not start is no
// reason to skip. start is given a folder that is removed at the end, and
// returns what ends the server.
func (s *Shared[T]) Get(t testing.TB, start func(dir string) (value T, stop func(), err error)) T {
	t.Helper()
	s.once.Do(func() {
		var dir string
		// The folder of a test would be removed at the end of the test.
		if dir, s.err = os.MkdirTemp("", "custody-server-"); s.err != nil {
			return
		}
		atEnd(func() { _ = os.RemoveAll(dir) })
		var stop func()
		if s.value, stop, s.err = start(dir); stop != nil {
			atEnd(stop)
		}
	})
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.value
}

var ends struct {
	sync.Mutex
	calls []func()
}

func atEnd(f func()) {
	ends.Lock()
	defer ends.Unlock()
	ends.calls = append(ends.calls, f)
}

// Run runs the tests of a package and then ends the servers that they shared.
// It returns the code to exit with. A test binary that does not get so far, or
// has no TestMain, takes its servers with it all the same; only their folders
// stay.
func Run(m *testing.M) int {
	code := m.Run()
	ends.Lock()
	defer ends.Unlock()
	for len(ends.calls) > 0 {
		last := len(ends.calls) - 1
		ends.calls[last]()
		ends.calls = ends.calls[:last]
	}
	return code
}
