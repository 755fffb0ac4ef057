package systemtest

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
)

// Endless is a server whose list has no end. Its clock advances by a minute
// with every page.
type Endless struct {
	*clock.Fake
	address string
	pages   atomic.Int64
}

// NewEndless serves the pages of a list: page is given the number of the page,
// from 0, and returns its body, or the empty text for a request that is not one
// for a page, which other answers.
func NewEndless(t testing.TB, page func(r *http.Request, n int) string, other http.HandlerFunc) *Endless {
	t.Helper()
	e := &Endless{Fake: clock.NewFake(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))}
	e.address = ServeHTTP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := page(r, int(e.pages.Load()))
		if body == "" {
			other(w, r)
			return
		}
		e.pages.Add(1)
		e.Advance(time.Minute)
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, body)
	}))
	return e
}

// URL returns the address of the server.
func (e *Endless) URL() string { return e.address }

// Pages returns how many pages were asked for.
func (e *Endless) Pages() int { return int(e.pages.Load()) }
