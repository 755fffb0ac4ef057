package httpclient

import (
	"context"

	"github.com/custodyhq/terraform-provider-custody/internal/system/paging"
)

// Walk is the reading of one list, page by page. Every loop over pages uses one.
type Walk struct {
	client *Client
	walk   *paging.Walk
}

// Walk begins to read a list. what names its entries in messages: "assets".
func (c *Client) Walk(what string) *Walk {
	return &Walk{client: c, walk: paging.Begin(c.config.Clock, c.config.System, what)}
}

// Next is called between a page and the next one, with the number of entries of
// the page that had not come before. Its error says why the list is not read
// further.
func (w *Walk) Next(ctx context.Context, fresh int) error {
	if reason := w.walk.Page(ctx, fresh); reason != "" {
		return w.client.Unusable(reason, paging.Advice)
	}
	return ctx.Err()
}
