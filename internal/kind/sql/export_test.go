package sql

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

// All that is wrong with the values of an answer is told at once, by row and column.
func TestEveryBadValue(t *testing.T) {
	c := lite.config(t, systemtest.Seed{})
	c.Assets = `SELECT 'A' AS id, NULL AS state, 'ann' AS owner, '10/03/2026' AS ends, 'perhaps' AS shared
		UNION ALL SELECT NULL, 'x', 'ann', '2026-10-03', 'yes' UNION ALL SELECT 'B', NULL, NULL, x'fffe', 'no'`
	c.Mapping = table.Mapping{Columns: map[string]string{"retirement_date": "ends"}}
	f := complaint(t, mustNew(t, c))
	if !strings.HasSuffix(f.Happened, "cannot use the answer to its query assets: 4 values are not accepted.") || !strings.Contains(f.Advice, "date_formats") {
		t.Errorf("got %+v", f)
	}
	for _, want := range []string{
		`row 1: the field "retirement_date" (column "ends") holds "10/03/2026", and it is unknown whether the day or the month comes first; set dates = "us"`,
		`row 1: the field "shared" holds "perhaps", and it is neither yes nor no`,
		`row 2: the field "id" is empty`,
		`row 3: the column "ends" holds bytes that are not text`,
	} {
		if !slices.ContainsFunc(f.Items, func(s string) bool { return strings.HasPrefix(s, want) }) {
			t.Errorf("got %q, want %q", f.Items, want)
		}
	}
}

// What is read of an answer is what the fields name, as exports write it.
func TestAnswersAsExports(t *testing.T) {
	c := lite.config(t, systemtest.Seed{})
	c.Assets = `SELECT 'A' AS id, 'x' AS note, 'y' AS note, NULL AS state, 'ann' AS owner, '10/03/2026' AS retirement_date, 'never' AS verified_at
		UNION ALL SELECT NULL, '', NULL, ' ', NULL, NULL, NULL`
	c.People = "SELECT 'ann' AS id, 'Ann' AS given, 'Archer' AS family, 'Contingent Worker' AS kind, 1791018842123 AS end_date"
	c.Mapping = table.Mapping{
		Dates: "us", TimeZone: "Europe/Berlin", Kinds: map[string]string{"contingent worker": "contractor"},
		PeopleJoinedColumns: map[string][]string{"name": {"given", "family"}},
	}
	s := mustNew(t, c)
	found, err := s.Asset(t.Context(), "A")
	if err != nil || len(found) != 1 || !found[0].VerifiedAt.IsZero() || found[0].RetirementDate != time.Date(2026, 10, 3, 21, 59, 59, 0, time.UTC) {
		t.Errorf("got %+v, %v", found, err)
	}
	people, err := s.Person(t.Context(), "ann")
	if err != nil || len(people) != 1 || people[0].Name != "Ann Archer" || people[0].Kind != lifecycle.KindContractor || people[0].EndDate != time.Date(2026, 10, 3, 9, 14, 2, 0, time.UTC) {
		t.Errorf("got %+v, %v", people, err)
	}
	c.Assets = "SELECT 'A' AS id, 'x' AS state, 'y' AS State, 'ann' AS owner"
	if f := complaint(t, mustNew(t, c)); !strings.Contains(f.Happened, `names the column "State" twice`) {
		t.Errorf("got %s", f.Happened)
	}
	c.Assets = "SELECT '' AS id, NULL AS state, NULL AS owner"
	if f := complaint(t, mustNew(t, c)); !strings.Contains(f.Happened, "it holds 0 asset records") {
		t.Errorf("got %s", f.Happened)
	}
}
