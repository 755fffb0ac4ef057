package vault

import (
	"context"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

// Impatient is New, but for a system that waits for nothing and gives up soon.
func Impatient(c Config) (*System, error) {
	return open(c, httpclient.Config{Timeout: 200 * time.Millisecond, Retries: -1, MaxWait: time.Minute, Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
}
