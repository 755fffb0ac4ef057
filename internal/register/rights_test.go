package register

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

// The rights of the guide, once another account has made the tables.
const leastRights = `GRANT USAGE ON SCHEMA custody TO custody;
GRANT SELECT ON custody.custody_migrations, custody.custody_register TO custody;
GRANT SELECT, INSERT ON custody.custody_events TO custody;
GRANT SELECT, INSERT, UPDATE ON custody.custody_workspaces, custody.custody_grants, custody.custody_acts, custody.custody_reviews, custody.custody_counts, custody.custody_outbox, custody.custody_assets, custody.custody_told TO custody;
GRANT SELECT, INSERT, UPDATE, DELETE ON custody.custody_bindings, custody.custody_notices TO custody;`

// TestTheGuideHasTheLeastRights compares the guide with what the test below runs with.
func TestTheGuideHasTheLeastRights(t *testing.T) {
	guide, err := os.ReadFile("../../templates/guides/register.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(guide), "```sql\n"+leastRights+"\n```") {
		t.Error("the guide has other rights")
	}
}

// A run needs these rights and no others, and cannot change an event with them.
func TestTheLeastRights(t *testing.T) {
	d := servers.Postgres(t)
	name := "rights" + strconv.FormatInt(schemas.Add(1), 10)
	d.PostgresExec(t, "CREATE SCHEMA "+name)
	mustOpen(t, Config{Location: d.PostgresURL(d.Admin, "search_path", name)})
	d.PostgresExec(t, strings.NewReplacer("SCHEMA custody", "SCHEMA "+name, " custody.", " "+name+".", "TO custody;", "TO "+d.Reader+";").Replace(leastRights))
	r := mustOpen(t, Config{Location: d.PostgresURL(d.Reader, "search_path", name)})
	a, _, err := begin(t.Context(), r, run("prod", "run-1"), disable)
	must(t, err)
	if !finish(t, r, run("prod", "run-1"), a.Sequence, Done) {
		t.Error("the act was not finished")
	}
	must(t, record(t, r, run("prod", "run-1"), func(tx *Tx) error {
		g, _, err := tx.ClaimGrant("cmdb/LAP-1#vpn", "i1")
		if err != nil {
			return err
		}
		g.Serial = 1
		if err := tx.SaveGrant(g); err != nil {
			return err
		}
		if _, err = tx.RemoveGrant(g.ID, "i1"); err != nil {
			return err
		}
		for range 2 { // written anew, too
			if err := tx.SaveBinding(Binding{Asset: "cmdb/LAP-1", Facts: "{}"}); err != nil {
				return err
			}
			if err := saveAsset(tx, "LAP-1", "{}"); err != nil {
				return err
			}
		}
		if _, err := tx.OpenReview(review); err != nil {
			return err
		}
		if _, err := tx.CloseReview(review.Name); err != nil {
			return err
		}
		for _, kind := range []string{"device.lost", "device.back"} {
			if _, err := tx.Tell("cmdb/LAP-1", "device", kind); err != nil {
				return err
			}
		}
		_, err = tx.RemoveBinding("cmdb/LAP-1")
		if err == nil {
			_, err = tx.RemoveAsset("LAP-1", "i1")
		}
		return err
	}))
	wantSound(t, r, "prod", 3)
	for _, statement := range []string{"UPDATE %s.custody_events SET body = '{}'", "DELETE FROM %s.custody_events", "DELETE FROM %s.custody_grants", "DELETE FROM %s.custody_assets"} {
		if _, err := r.db.write.ExecContext(t.Context(), fmt.Sprintf(statement, name)); err == nil || r.engine.explain(err) != problemRight {
			t.Errorf("%s: %v", statement, err)
		}
	}
}
