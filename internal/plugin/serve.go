// Package plugin serves the provider to Terraform.
package plugin

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/provider"
)

// Address is the provider's source address.
const Address = "registry.terraform.io/custodyhq/custody"

// Serve runs the provider as a plugin until Terraform ends it.
func Serve(_ context.Context, version string, debugging bool) error {
	quietLogs(os.Environ(), os.Setenv)
	tuneMemory(os.LookupEnv)
	var options []tf6server.ServeOpt
	if debugging {
		options = append(options, tf6server.WithManagedDebug())
	}
	p := provider.New(version, clock.System{})
	return errors.Join(tf6server.Serve(Address, serverOf(p), options...), p.Close())
}

// Server returns a constructor of the protocol server over the given clock.
// Acceptance tests use it with their own clock.
func Server(version string, c clock.Clock) func() tfprotov6.ProviderServer {
	return serverOf(provider.New(version, c))
}

func serverOf(p *provider.Provider) func() tfprotov6.ProviderServer {
	framework := detachedFrom(p)
	shapes := p.Shapes(context.Background())
	return func() tfprotov6.ProviderServer { return &stoppable{&untouched{framework(), shapes}, p.Stop, p.Close} }
}

// Framework returns the same server without the short path for unchanged instances.
// Tests compare the answers of the two.
func Framework(version string, c clock.Clock) func() tfprotov6.ProviderServer {
	p := provider.New(version, c)
	framework := detachedFrom(p)
	return func() tfprotov6.ProviderServer { return &stoppable{framework(), p.Stop, p.Close} }
}

func detachedFrom(p *provider.Provider) func() *detached {
	inner := providerserver.NewProtocol6(p)
	return func() *detached { return &detached{inner().(ProtocolServer)} } //nolint:errcheck // a test holds that the framework's server is all of it
}

// quietLogs turns the SDK's own logging off unless logs are requested. Otherwise
// the SDK writes every trace line for Terraform to parse and discard, which costs
// more than the decisions. The framework has a separate switch: each trace line
// copies the context of its element, which takes quadratic time.
func quietLogs(environ []string, set func(key, value string) error) {
	for _, e := range environ {
		if strings.HasPrefix(e, "TF_LOG") && !strings.HasPrefix(e, "TF_LOG_PATH") && !strings.HasSuffix(e, "=") {
			return
		}
	}
	for _, key := range []string{"TF_LOG_SDK", "TF_LOG_SDK_FRAMEWORK", "TF_LOG_PROVIDER"} {
		if err := set(key, "OFF"); err != nil {
			return // logging stays as it is: slower, not wrong
		}
	}
}
