package lifecycle_test

import (
	"slices"
	"testing"

	. "github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

type authorityCase struct {
	Description string
	Policy      object
	People      map[string]object
	Binding     object
	Risk        string
	Approver    []string
	Want        struct{ Attest, Except string }
}

// TestAuthorityGolden asks for every case who may attest and who may approve.
func TestAuthorityGolden(t *testing.T) {
	h := readHealthy(t)
	var cases []authorityCase
	readYAML(t, "testdata/authority.yaml", schema(t, "#/$defs/authority"), &cases)
	for i := range cases {
		c := &cases[i]
		t.Run(c.Description, func(t *testing.T) {
			rules, binding, risk := rulesOf(t, c.Policy, "provider policy"), bindingOf(t, h.Binding.over(c.Binding)), parsed(t, c.Risk, ParseRisk)
			approver := Approver{Key: "approver"}
			for _, id := range c.Approver {
				p := personOf(t, id, h.People[id].over(c.People[id]))
				p.Name = ""
				approver.Matches = append(approver.Matches, p)
			}
			var s mismatches
			s.compare("attest", c.Want.Attest, Permits(rules.Authority.Attest, approver, &binding, risk))
			s.compare("except", c.Want.Except, Permits(rules.Authority.Except, approver, &binding, risk))
			s.report(t, c.Description)
		})
	}
}

// TestAuthorityKeys proves that an approver is looked up when a run first sees them,
// so that a later departure undoes nothing.
func TestAuthorityKeys(t *testing.T) {
	attested := &Attestation{By: "eve", Note: "yearly", At: epoch}
	excepted := &Exception{Codes: SetOf(OwnerShared), Reason: "because", ApprovedBy: "mia", ExpiresAt: epoch.Add(day)}
	prior := &Grant{Memory: Memory{
		Answer: &Answer{By: "eve", Note: "yearly", At: epoch},
		Waiver: &Waiver{Codes: SetOf(OwnerShared, RecordStale), Reason: "because", ApprovedBy: "mia"},
	}}
	for name, c := range map[string]struct {
		spec  Spec
		prior *Grant
		want  []string
	}{
		"nothing is stated":                  {Spec{}, prior, nil},
		"a new grant":                        {Spec{Attestation: attested, Exception: excepted}, nil, []string{"eve", "mia"}},
		"both are known":                     {Spec{Attestation: attested, Exception: excepted}, prior, nil},
		"another date":                       {Spec{Attestation: &Attestation{By: "eve", Note: "yearly", At: epoch.Add(day)}}, prior, nil},
		"another note":                       {Spec{Attestation: &Attestation{By: "eve", At: epoch}}, prior, []string{"eve"}},
		"another person":                     {Spec{Attestation: &Attestation{By: "mia", Note: "yearly", At: epoch}}, prior, []string{"mia"}},
		"an exception for more findings":     {Spec{Exception: &Exception{Codes: SetOf(OwnerShared, TaskOpen), Reason: "because", ApprovedBy: "mia"}}, prior, []string{"mia"}},
		"an exception for another reason":    {Spec{Exception: &Exception{Codes: SetOf(OwnerShared), Reason: "why", ApprovedBy: "mia"}}, prior, []string{"mia"}},
		"an exception by another approver":   {Spec{Exception: &Exception{Codes: SetOf(OwnerShared), Reason: "because", ApprovedBy: "eve"}}, prior, []string{"eve"}},
		"an exception with another end":      {Spec{Exception: &Exception{Codes: SetOf(OwnerShared), Reason: "because", ApprovedBy: "mia", ExpiresAt: epoch.Add(9 * day)}}, prior, nil},
		"an exception for fewer findings":    {Spec{Exception: &Exception{Codes: SetOf(RecordStale), Reason: "because", ApprovedBy: "mia"}}, prior, nil},
		"an attestation beside an old grant": {Spec{Attestation: attested}, &Grant{}, []string{"eve"}},
	} {
		if got := AuthorityKeys(&c.spec, c.prior); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestExceptionStart proves that what the provider says of an exception's longest end
// is what holds.
func TestExceptionStart(t *testing.T) {
	binding := healthyBinding()
	spec := Spec{Access: "aws/key", Exception: &Exception{Codes: SetOf(OwnerShared), Reason: "because", ApprovedBy: "mia", ExpiresAt: epoch.Add(400 * day)}}
	in := Input{Binding: &binding, Spec: &spec, Policies: []*Rules{plainRules()}, Now: epoch}
	first, err := Decide(in)
	if err != nil {
		t.Fatal(err)
	}
	in.Prior, in.Now = &first.Grant, epoch.Add(20*day)
	start, limit := ExceptionStart(in)
	if !start.Equal(epoch) || !limit.Equal(epoch.Add(90*day)) || !first.Grant.Memory.Waiver.ExpiresAt.Equal(limit) {
		t.Errorf("from %s to %s, and it lasts to %s", start, limit, first.Grant.Memory.Waiver.ExpiresAt)
	}
	in.Spec = &Spec{Access: "aws/key"}
	in.Prior = nil
	if start, limit := ExceptionStart(in); !start.IsZero() || !limit.IsZero() {
		t.Errorf("no exception is stated, and it lasts from %s to %s", start, limit)
	}
}
