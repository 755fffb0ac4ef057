package provider

import (
	"context"
	"sync"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// configuredRuns is the context of everything that was configured since the last stop.
type configuredRuns struct {
	mu  sync.Mutex
	ctx context.Context
	end context.CancelFunc
}

// context returns the context that the next stop ends.
func (l *configuredRuns) context() context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx == nil {
		l.ctx, l.end = context.WithCancel(context.Background())
	}
	return l.ctx
}

// Stop ends all configured runs: no further requests are sent. Terraform still
// calls a provider for a moment after it was interrupted, and the protocol's own
// library stops only the current calls. A later configuration is another run.
func (p *Provider) Stop() {
	p.configured.mu.Lock()
	defer p.configured.mu.Unlock()
	if p.configured.end != nil {
		p.configured.end()
	}
	p.configured.ctx, p.configured.end = nil, nil
}

// logProgress logs the progress of a long list.
func logProgress(ctx context.Context, p system.Progress) {
	tflog.Info(ctx, "reading a list", map[string]any{"system": p.System, "list": p.What, "pages": p.Pages, "entries": p.Entries})
}
