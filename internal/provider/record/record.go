// Package record connects a run with the register: it opens the register when it is
// first needed, and writes into it in the name of the run.
package record

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/effect"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/register"
)

// Registers are the registers that a process has open. Each is opened once, however
// many runs the process is configured for.
type Registers struct {
	mu   sync.Mutex
	open map[register.Config]*register.Register
}

// get opens a register, unless it is open.
func (s *Registers) get(ctx context.Context, at register.Config) (*register.Register, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.open[at]; ok {
		return r, nil
	}
	r, err := register.Open(ctx, at)
	if err != nil {
		return nil, err
	}
	if s.open == nil {
		s.open = make(map[register.Config]*register.Register)
	}
	s.open[at] = r
	return r, nil
}

// Close closes all of them. A run that goes on opens its register again.
func (s *Registers) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for at, r := range s.open {
		errs = append(errs, r.Close())
		delete(s.open, at)
	}
	return errors.Join(errs...)
}

// Options say where a run records, and in whose name.
type Options struct {
	// Location is that of the register: see register.Config. It may hold a password.
	Location string
	// Workspace names what the run is one of. It is the same in every run on one state,
	// and another for every other state.
	Workspace string
	// Former are names that the workspace had before, or of workspaces that no longer
	// exist: their grants are taken over.
	Former []string
}

// LongestName is the greatest length of the name of a workspace, in bytes.
const LongestName = 256

// CheckWorkspace reports a name that no workspace can have.
func CheckWorkspace(name string) error {
	if name == "" || !writable(name) {
		return fmt.Errorf("%.40q cannot name a workspace", name)
	}
	return nil
}

// Run is a run that has a register. It may be used by several goroutines at once. One
// that is nil has none: it records nothing, and everything goes on without.
type Run struct {
	registers *Registers
	at        register.Config
	of        register.Run // without the instant
	former    []string
	clock     clock.Clock

	// OnOutcome is called once for each act, in the transaction that records how it ended,
	// to queue what others are told of it; nil for nothing. It is set before the first act.
	OnOutcome func(tx *register.Tx, a register.Act, o effect.Outcome) error

	mu         sync.Mutex
	failed     error           // of the first attempt to open the register
	unfinished map[string]bool // the objects with acts that earlier runs left open; nil until asked for
	acts       sync.Map        // register.Act by ID
}

// New returns a run that has a register. The register is opened when it is first
// needed; an error says that it could not be opened whatever happens.
func (s *Registers) New(o Options, c clock.Clock) (*Run, error) {
	folder, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	at := register.Config{Location: o.Location, Folder: folder}
	if err := register.CheckLocation(at); err != nil {
		return nil, err
	}
	return &Run{
		registers: s, at: at, former: o.Former, clock: c,
		of: register.Run{Workspace: o.Workspace, ID: NewInstance(), Actor: actor(os.Getenv, accountName)},
	}, nil
}

// Workspace returns the name of the run's workspace.
func (r *Run) Workspace() string { return r.of.Workspace }

// Former returns the names that the workspace had before.
func (r *Run) Former() []string { return r.former }

// Open returns the register. A register that could not be opened is not tried again
// in this run: every object would wait for it.
func (r *Run) Open(ctx context.Context) (*register.Register, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed != nil {
		return nil, r.failed
	}
	found, err := r.registers.get(ctx, r.at)
	if err != nil && ctx.Err() == nil {
		r.failed = err
	}
	return found, err
}

// Ready reports why nothing can be recorded, as an error that says what follows. A
// plan that has something to record asks before it is approved.
func (r *Run) Ready(ctx context.Context) error {
	if r == nil {
		return nil
	}
	_, err := r.Open(ctx)
	return Unrecorded(err)
}

// Write runs a function in one transaction of the register. Nothing outside of the
// register may be done in it.
func (r *Run) Write(ctx context.Context, change func(tx *register.Tx) error) error {
	found, err := r.Open(ctx)
	if err != nil {
		return err
	}
	return found.Record(ctx, r.Now(), change)
}

// Now returns the run as one that records at this instant.
func (r *Run) Now() register.Run {
	of := r.of
	of.At = r.clock.Now()
	return of
}

// Unrecorded returns the error of a register as one that says what follows from it.
func Unrecorded(err error) error {
	return fault.Meaning(err, "Nothing was changed: what cannot be recorded is not done.")
}
