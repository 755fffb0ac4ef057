package plugin

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// stoppable tells the provider that Terraform was interrupted. The libraries below
// end the current calls, but not later ones.
type stoppable struct {
	ProtocolServer
	stop  func()
	close func() error
}

var _ ProtocolServer = (*stoppable)(nil)

// Close ends what the provider keeps open between calls, such as a register. Terraform
// ends the process instead; tests, which serve many providers, call it.
func (s *stoppable) Close() error { return s.close() }

// StopProvider ends the provider's own requests, and then the calls.
func (s *stoppable) StopProvider(ctx context.Context, req *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	s.stop()
	return s.ProtocolServer.StopProvider(ctx, req)
}
