package controls

import (
	"slices"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

const (
	csf    = "nist-csf-2.0"
	nist   = "nist-800-53-5.2.0"
	nhi    = "owasp-nhi-2025"
	cis    = "cis-8.1"
	pci    = "pci-dss-4.0.1"
	soc2   = "soc2-2017"
	iso    = "iso-27001-2022"
	nis2   = "nis2-2024-2690"
	dora   = "dora-rts-2024-1774"
	person = lifecycle.BoundToPerson
	work   = lifecycle.BoundToWorkload
)

// query is a Query that is told one thing after the other.
type query Query

// about returns a query for the finding of the given name.
func about(t *testing.T, code string, boundTo lifecycle.BoundTo) query {
	t.Helper()
	c, err := lifecycle.ParseCode(code)
	if err != nil {
		t.Fatal(err)
	}
	return query{Code: c, BoundTo: boundTo}
}

func (q query) task(kinds ...lifecycle.TaskKind) query {
	q.Tasks = kinds
	return q
}

func (q query) changed(facts ...string) query {
	q.Changed = facts
	return q
}

func (q query) rotates(r lifecycle.Rotation) query {
	q.Rotation = r
	return q
}

// TestFor holds the catalogues to what each finding is known to serve.
func TestFor(t *testing.T) {
	ask := func(code string, boundTo lifecycle.BoundTo) query { return about(t, code, boundTo) }
	left := ask("owner.left", person)
	leftWork := ask("owner.left", work).rotates(lifecycle.RotateOverlap)
	for _, tt := range []struct {
		query     query
		framework string
		want      string
	}{
		{left, csf, "GV.RR-04, PR.AA-05"},
		{left, nist, "AC-2h.2, AC-2l, AC-2(3), PS-4a, PS-4b"},
		{left, nhi, ""},
		{left, cis, "6.2"},
		{left, pci, "8.2.5"},
		{left, soc2, "CC6.2, CC6.3"},
		{left, iso, "A.5.11, A.5.18, A.6.5"},
		{left, nis2, "11.2.2(b), 12.5"},
		{left, dora, "21(e)(iii)"},
		{leftWork, csf, "GV.RR-04, PR.AA-01, PR.AA-05"},
		{leftWork, nist, "AC-2h.2, AC-2k, AC-2l, IA-5i, PS-4e"},
		{leftWork, nhi, "NHI1:2025"},
		{leftWork, pci, "8.2.5, 8.6.3"},
		{leftWork, iso, "A.5.11, A.5.17, A.5.18, A.6.5"},
		{leftWork, nis2, "11.2.2(b), 11.6.2(c), 12.5"},

		{ask("asset.retired", person), csf, "ID.AM-08, PR.AA-05"},
		{ask("asset.retired", person), nist, "AC-2(3), CM-8(1)"},
		{ask("asset.retired", person), cis, "1.1"},
		{ask("asset.retired", work), cis, "1.1, 2.1"},
		{ask("asset.retired", work), pci, "7.2.5, 12.5.1"},
		{ask("asset.retired", work), soc2, "CC6.1, CC6.3, CC6.5"},
		{ask("asset.retired", work), iso, "A.5.9, A.5.11, A.5.18"},
		{ask("asset.retired", work), nis2, "11.5.4, 12.2.2(a)"},
		{ask("asset.lost", person), nist, "IA-5d"},
		{ask("asset.missing", person), nist, "CM-8(3)"},
		{ask("asset.missing", person), csf, "ID.AM-01"},
		{ask("asset.missing", work), csf, "ID.AM-01, ID.AM-02"},
		{ask("asset.inactive", work), nist, "AC-2i.1"},
		{ask("asset.reassigned", person).rotates(lifecycle.RotateNow), csf, "ID.AM-08, PR.AA-01"},
		{ask("asset.reassigned", person), nist, "AC-2k, CM-8(4), IA-5i"},
		{ask("asset.changed", work).changed("class"), csf, "ID.AM-05"},
		{ask("asset.changed", work).changed("class"), nist, "AC-2h.3"},
		{ask("asset.changed", work).changed("class"), nhi, "NHI5:2025"},
		{ask("asset.changed", work).changed("environment"), nhi, "NHI8:2025"},
		{ask("asset.changed", work).changed("criticality", "environment"), nhi, "NHI5:2025, NHI8:2025"},
		{ask("asset.changed", person).changed("environment"), nhi, ""},

		{ask("owner.none", work), nist, "AC-2b, CM-8(4)"},
		{ask("owner.unknown", work), nist, "AC-2b, CM-8(4)"},
		{ask("owner.no_active_member", work), nist, "AC-2b, CM-8(4)"},
		{ask("owner.no_active_member", work).rotates(lifecycle.RotateOverlap), nist, "AC-2b, AC-2k, CM-8(4), IA-5i"},
		{ask("owner.none", work), nhi, "NHI1:2025"},
		{ask("owner.none", work), cis, "5.5"},
		{ask("owner.none", work), pci, "12.5.1"},
		{ask("owner.none", work), iso, "A.5.9"},
		{ask("owner.shared", work), nist, "AC-2(9)"},
		{ask("owner.suspended", person), nist, "AC-2(13)"},
		{ask("owner.moved", person), nist, "AC-2h.2, PS-5a"},

		{ask("record.stale", person), nist, "CM-8b, CM-8(2)"},
		{ask("record.incomplete", person), nist, "CM-8a.5"},
		{ask("record.duplicate", person), nist, "CM-8a.3"},
		{ask("task.open", person).task(lifecycle.TaskOffboarding), nist, "PS-4"},
		{ask("task.overdue", person).task(lifecycle.TaskReassignment), nist, "PS-5b"},
		{ask("task.open", work).task(lifecycle.TaskDecommission), nist, "CM-8(1), MP-6"},
		{ask("task.open", work).task(lifecycle.TaskDecommission, lifecycle.TaskOffboarding), nist, "CM-8(1), MP-6, PS-4"},

		{ask("grant.recertification_due", person), nist, "AC-2j, AC-6(7)"},
		{ask("grant.recertification_due", person), cis, "5.1"},
		{ask("grant.recertification_due", work), cis, "5.5"},
		{ask("grant.recertification_due", person), pci, "7.2.4"},
		{ask("grant.recertification_due", work), pci, "7.2.5.1"},
		{ask("grant.recertification_due", work), nis2, "11.2.3"},
		{ask("grant.recertification_due", work), dora, "21(e)(iv)"},
		{ask("grant.rotation_due", work).rotates(lifecycle.RotateOverlap), csf, "PR.AA-01"},
		{ask("grant.rotation_due", work).rotates(lifecycle.RotateOverlap), nist, "IA-5f"},
		{ask("grant.rotation_due", work), nhi, "NHI7:2025"},
		{ask("grant.rotation_due", work), pci, "8.6.3"},
		{ask("grant.rotation_due", person), pci, ""},
		{ask("grant.rotation_due", person), iso, "A.5.17"},
		{ask("grant.rotation_due", person), nis2, "11.6.2(c)"},
		{ask("exception.expired", person), csf, "ID.RA-07"},
	} {
		got := For(Query(tt.query), []string{tt.framework})
		if list := bare(t, tt.framework, got); list != tt.want {
			t.Errorf("%s of %s-bound access (tasks %v, changed %v, rotation %s) serves in %s:\n%s\nwant\n%s",
				tt.query.Code, tt.query.BoundTo, tt.query.Tasks, tt.query.Changed, tt.query.Rotation, tt.framework, list, tt.want)
		}
	}
}

// bare joins the ids without the framework that stands before each.
func bare(t *testing.T, framework string, list []string) string {
	t.Helper()
	i := slices.IndexFunc(embedded().catalogues, func(c catalogue) bool { return c.Name == framework })
	prefix := embedded().catalogues[i].Prefix + " "
	out := make([]string, len(list))
	for i, text := range list {
		id, ok := strings.CutPrefix(text, prefix)
		if !ok {
			t.Errorf("%q does not begin with %q", text, prefix)
		}
		out[i] = id
	}
	return strings.Join(out, ", ")
}

func TestFrameworksAreChosen(t *testing.T) {
	if got, want := Frameworks(), []string{cis, dora, iso, nis2, nist, csf, nhi, pci, soc2}; !slices.Equal(got, want) {
		t.Errorf("Frameworks() = %q, want %q", got, want)
	}
	q := about(t, "owner.left", work)
	want := []string{"CIS 6.2", "NIST CSF GV.RR-04", "NIST CSF PR.AA-05", "OWASP NHI1:2025"}
	for _, choice := range [][]string{{csf, nhi, cis}, {cis, nhi, csf, csf}, {"cobit", nhi, csf, cis}} {
		if got := For(Query(q), choice); !slices.Equal(got, want) {
			t.Errorf("For(owner.left, %q) = %q, want %q", choice, got, want)
		}
	}
	for _, choice := range [][]string{nil, {"cobit"}} {
		if got := For(Query(q), choice); got != nil {
			t.Errorf("For(owner.left, %q) = %q, want none", choice, got)
		}
	}
}

// everyQuery calls use with queries that between them meet every rule.
func everyQuery(use func(Query)) {
	for c := range lifecycle.NumCodes {
		for _, boundTo := range []lifecycle.BoundTo{person, work} {
			for _, kind := range []lifecycle.TaskKind{lifecycle.TaskOffboarding, lifecycle.TaskReassignment, lifecycle.TaskDecommission} {
				for _, fact := range []string{"class", "environment", "criticality"} {
					use(Query{Code: c, BoundTo: boundTo, Tasks: []lifecycle.TaskKind{kind}, Changed: []string{fact}})
				}
			}
		}
	}
}

// TestEveryFindingServesTheDefaults also with the mildest of what it can be about.
func TestEveryFindingServesTheDefaults(t *testing.T) {
	everyQuery(func(q Query) {
		for _, framework := range Default() {
			got := For(q, []string{framework})
			if len(got) == 0 && (framework != nhi || q.BoundTo == work) {
				t.Errorf("%s of %s-bound access (tasks %v, changed %v) serves nothing in %s", q.Code, q.BoundTo, q.Tasks, q.Changed, framework)
			}
		}
	})
}

func TestNonHumanIdentitiesAreWorkloads(t *testing.T) {
	everyQuery(func(q Query) {
		if got := For(q, []string{nhi}); q.BoundTo == person && len(got) > 0 {
			t.Errorf("%s of person-bound access serves %q", q.Code, got)
		}
	})
}

func TestNoControlComesTwice(t *testing.T) {
	everyQuery(func(q Query) {
		q.Rotation = lifecycle.RotateOverlap
		got := For(q, Frameworks())
		if sorted := slices.Sorted(slices.Values(got)); len(slices.Compact(sorted)) != len(got) {
			t.Errorf("%s: %q", q.Code, got)
		}
	})
}

func TestOneAllocation(t *testing.T) {
	q := about(t, "task.open", work).task(lifecycle.TaskOffboarding).rotates(lifecycle.RotateOverlap)
	all := Frameworks()
	if n := testing.AllocsPerRun(100, func() { For(Query(q), all) }); n > 1 {
		t.Errorf("For takes %v allocations, want at most 1", n)
	}
}
