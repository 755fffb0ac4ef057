package rest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// recordedAccount is what is done with an account of a recording.
type recordedAccount struct {
	Subject string            `yaml:"subject"`
	Act     system.AccountAct `yaml:"act"`  // the account is read without one
	Answers []recorded        `yaml:"then"` // in place of the others once the account was read
	Denied  string            `yaml:"denied"`
	Config  string            `yaml:"config"`
	Changed string            `yaml:"changed"`
}

func (r *recordedAccount) play(t *testing.T, s *System, p *player) ([]map[string]any, error) {
	t.Helper()
	a, err := s.Account(t.Context(), r.Subject)
	if err == nil && a != nil && r.Act != "" {
		p.answers = append(r.Answers, p.answers...)
		switch r.Act {
		case system.EnableAccount, system.DisableAccount:
			err = s.SetEnabled(t.Context(), a, r.Act == system.EnableAccount)
		case system.SetAccountEnd:
			err = s.SetEnd(t.Context(), a, time.Date(2030, time.June, 30, 22, 0, 0, 0, time.UTC))
		case system.EndSessions:
			err = s.EndSessions(t.Context(), a)
		default:
			t.Fatalf("there is no act %q", r.Act)
		}
	}
	for kind, words := range map[error]string{fault.ErrDenied: r.Denied, fault.ErrConfig: r.Config, fault.ErrChanged: r.Changed} {
		if words == "" {
			continue
		}
		if !errors.Is(err, kind) || !strings.Contains(err.Error(), words) {
			t.Errorf("got %v, want %v with %q", err, kind, words)
		}
		return nil, nil
	}
	if err != nil || a == nil || r.Act != "" {
		return nil, err
	}
	refuses := ""
	for _, act := range []system.AccountAct{system.EnableAccount, system.DisableAccount} {
		if a.Refusals[act] != nil {
			refuses += string(act)
		}
	}
	return []map[string]any{shapeOf(
		"id", a.ID, "name", a.Name, "enabled", a.Enabled, "expires", a.ExpiresAt, "used", a.LastUsedAt, "issued", strings.Join(a.Issued, "; "),
		"unlisted", a.Unlisted, "refuses", refuses,
	)}, nil
}
