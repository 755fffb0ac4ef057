package system

import "context"

// Sized is a system that reads a list whole before it answers anything from it, so that
// its length costs nothing.
type Sized interface {
	System
	// Size returns how many records the list of a capability has. It reads the list, if
	// nothing has read it yet.
	Size(ctx context.Context, c Capability) (int, error)
}
