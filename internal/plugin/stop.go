package plugin

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// stoppable tells the provider that Terraform was interrupted. The libraries below
// end the calls that are under way at that moment, and none that comes after.
type stoppable struct {
	ProtocolServer
	stop func()
}

var _ ProtocolServer = (*stoppable)(nil)

// StopProvider ends what the provider itself has under way, and then the calls.
func (s *stoppable) StopProvider(ctx context.Context, req *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	s.stop()
	return s.ProtocolServer.StopProvider(ctx, req)
}
