package account

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// model is a custody_account in configuration, plan and state.
type model struct {
	ID          types.String `tfsdk:"id"`
	Target      types.String `tfsdk:"target"`
	Subject     types.String `tfsdk:"subject"`
	Enabled     types.Bool   `tfsdk:"enabled"`
	ExpiresAt   types.String `tfsdk:"expires_at"`
	EndSessions types.Bool   `tfsdk:"end_sessions"`
	OnDestroy   types.String `tfsdk:"on_destroy"`
	Present     types.Bool   `tfsdk:"present"`
	Account     types.String `tfsdk:"account"`
	AccountID   types.String `tfsdk:"account_id"`
	LastUsedAt  types.String `tfsdk:"last_used_at"`
	Issued      types.List   `tfsdk:"issued"`
}

// parseEnd reads an end; the zero time is never.
func parseEnd(s string) (time.Time, error) {
	if s == never {
		return time.Time{}, nil
	}
	return value.ParseInstant(s)
}

// endOf writes the end of an account; null if the target does not show it.
func endOf(a *system.Account) types.String {
	switch {
	case a.EndUnknown:
		return types.StringNull()
	case a.ExpiresAt.IsZero():
		return types.StringValue(never)
	}
	return value.Instant(a.ExpiresAt)
}

// sameEnd reports whether two texts are one instant.
func sameEnd(a, b types.String) bool {
	if a.IsNull() || b.IsNull() || a.IsUnknown() || b.IsUnknown() {
		return a.Equal(b)
	}
	s, err := parseEnd(a.ValueString())
	t, err2 := parseEnd(b.ValueString())
	return err == nil && err2 == nil && s.Equal(t)
}

// name returns the id.
func (m *model) name() types.String {
	return types.StringValue(lifecycle.Ref{System: m.Target.ValueString(), ID: m.Subject.ValueString()}.String())
}

// describe fills in what only the target knows. Of an account that is not there,
// what was known of it stays.
func (m *model) describe(a *system.Account) {
	m.ID, m.Present = m.name(), types.BoolValue(a != nil)
	if a == nil {
		m.LastUsedAt, m.Issued = known(m.LastUsedAt), value.Texts(nil)
		m.Account, m.AccountID, m.ExpiresAt = known(m.Account), known(m.AccountID), known(m.ExpiresAt)
		return
	}
	m.Account, m.AccountID = value.Text(a.Name), value.Text(a.ID)
	m.LastUsedAt, m.Issued = value.Instant(a.LastUsedAt), value.Texts(a.Issued)
}

// refresh brings the state to what the target shows. If the account is gone,
// enabled keeps its value: there is nothing to switch, so nothing is to be
// planned.
func (m *model) refresh(a *system.Account) {
	m.describe(a)
	if a == nil {
		return
	}
	m.Enabled = types.BoolValue(a.Enabled)
	if read := endOf(a); !sameEnd(m.ExpiresAt, read) {
		m.ExpiresAt = read // otherwise the text of the configuration stays
	}
}

// complete fills in what the plan has left open.
func (m *model) complete(a *system.Account) {
	shown := *m
	shown.describe(a)
	if a != nil {
		shown.ExpiresAt = endOf(a)
	} else {
		shown.ExpiresAt = known(m.ExpiresAt)
	}
	for _, one := range []struct{ into, from *types.String }{
		{&m.ID, &shown.ID}, {&m.Account, &shown.Account}, {&m.AccountID, &shown.AccountID},
		{&m.LastUsedAt, &shown.LastUsedAt}, {&m.ExpiresAt, &shown.ExpiresAt},
	} {
		if one.into.IsUnknown() {
			*one.into = *one.from
		}
	}
	if m.Present.IsUnknown() {
		m.Present = shown.Present
	}
	if m.Issued.IsUnknown() {
		m.Issued = shown.Issued
	}
}

func known(s types.String) types.String {
	if s.IsUnknown() {
		return types.StringNull()
	}
	return s
}
