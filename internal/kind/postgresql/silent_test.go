package postgresql_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/postgresql"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// A server that takes connections and questions and no longer answers keeps no time limit
// of its own. It is given up, on a connection that was open before and on a new one, and
// asked again by the next call.
func TestASilentServer(t *testing.T) {
	s := newServer(t, false)
	s.role(t, "quiet")
	var silent atomic.Bool
	at := fmt.Sprintf("127.0.0.1:%d", s.Port)
	dsn := strings.Replace(s.PostgresURL(direct, "sslmode", "disable"), at, systemtest.Mute(t, at, &silent), 1)
	p := mustNew(t, postgresql.Config{Name: "shop", DSN: dsn, Timeout: time.Second})
	a, err := p.Account(t.Context(), "quiet")
	if err != nil || a == nil {
		t.Fatalf("got %v, %v", a, err)
	}
	silent.Store(true)
	for what, err := range map[string]error{"open": p.SetEnabled(t.Context(), a, false), "new": second(p.Account(t.Context(), "quiet"))} {
		var f *fault.Fault
		if !errors.Is(err, fault.ErrUnavailable) || !errors.As(err, &f) || f.Advice == "" {
			t.Errorf("on a connection that is %s: %v", what, err)
		}
	}
	silent.Store(false)
	if a, err = p.Account(t.Context(), "quiet"); err != nil || !a.Enabled {
		t.Errorf("got %+v, %v", a, err)
	}
}

func second[T any](_ T, err error) error { return err }
