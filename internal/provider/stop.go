package provider

import (
	"context"
	"sync"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// life is the context of everything that was configured since the last stop.
type life struct {
	mu  sync.Mutex
	ctx context.Context
	end context.CancelFunc
}

// present returns the context that the next stop ends.
func (l *life) present() context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx == nil {
		l.ctx, l.end = context.WithCancel(context.Background())
	}
	return l.ctx
}

// Stop ends all runs that have been configured: no system is asked for anything
// any more. Terraform calls a provider for a moment longer after it was
// interrupted, and the protocol's own library stops only the calls that are under
// way. What is configured later is another run.
func (p *Provider) Stop() {
	p.life.mu.Lock()
	defer p.life.mu.Unlock()
	if p.life.end != nil {
		p.life.end()
	}
	p.life.ctx, p.life.end = nil, nil
}

// logProgress lets somebody who waits for a long list see that it goes on.
func logProgress(ctx context.Context, p system.Progress) {
	tflog.Info(ctx, "reading a list", map[string]any{"system": p.System, "list": p.What, "pages": p.Pages, "entries": p.Entries})
}
