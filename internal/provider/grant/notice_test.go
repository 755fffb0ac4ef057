package grant_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

// mailed returns the subjects of the mail to an address about a grant of this test.
func mailed(t *testing.T, s *servers.MailServer, to, word string) []string {
	t.Helper()
	var out []string
	for _, a := range s.Accepted(t, word) {
		if strings.Join(a.To, " ") == to {
			out = append(out, a.Message.Header.Get("Subject"))
		}
	}
	return out
}

// The retirement of an asset is announced to its holder by mail, each time once, with
// and without a register. A plan sends nothing, and between the days there is nothing
// to plan.
func TestTheEndOfAnAccessIsAnnounced(t *testing.T) {
	server := servers.Exim(t)
	for _, register := range []bool{false, true} {
		name := fmt.Sprintf("register-%t", register)
		t.Run(name, func(t *testing.T) {
			w := acctest.LoadAlone(t, "app")
			lines := []string{fmt.Sprintf(`notices = { smtp = { host = %q, port = %d, ca_file = %q, from = "Custody <%s@example.test>" } }`, server.Host, server.Port, server.Cert.CAFile, name)}
			if register {
				lines = append(lines, fmt.Sprintf(`register = "sqlite:%s"`, filepath.Join(w.Dir, "custody.db")), `workspace = "app"`)
			}
			w.Provider(lines...)
			date := acctest.Start.Add(60 * day).Truncate(day)
			end := date.Add(day - time.Second)
			w.Asset("APP-1", "retirement_date", date.Format(time.DateOnly))
			give(w)
			w.Apply()
			sent := 0
			at := func(before time.Duration, want int) {
				t.Helper()
				w.Clock.Set(end.Add(-before))
				verify(w, "APP-1")
				w.Plan()
				if got := len(mailed(t, server, "alice@example.org", name)); got != sent {
					t.Errorf("%s before: a plan sent %d", before, got-sent)
				}
				w.Apply().Silent("Messages Were Not Delivered")
				got := mailed(t, server, "alice@example.org", name)
				if sent += want; len(got) != sent {
					t.Errorf("%s before: %d were sent, want %d: %q", before, len(got), sent, got)
				}
				w.Plan().Exits(0)
				w.Apply()
				if again := mailed(t, server, "alice@example.org", name); len(again) != len(got) {
					t.Errorf("%s before: %d were sent again", before, len(again)-len(got))
				}
			}
			at(31*day, 0)
			at(29*day, 1)
			at(20*day, 0)
			at(6*day, 1)
			at(5*time.Hour, 1)
		})
	}
}

// A notice that cannot be sent keeps nothing from happening. With a register the next
// run sends it, without one it says that it is not repeated.
func TestANoticeThatCannotBeSent(t *testing.T) {
	server := servers.Exim(t)
	for _, register := range []bool{false, true} {
		word := fmt.Sprintf("unsent-%t", register)
		w := acctest.LoadAlone(t, "app")
		down := fmt.Sprintf(`notices = { smtp = { host = %q, port = 1, ca_file = %q, from = "Custody <%s@example.test>" } }`, server.Host, server.Cert.CAFile, word)
		up := strings.Replace(down, "port = 1,", fmt.Sprintf("port = %d,", server.Port), 1)
		says := "is not repeated"
		var lines []string
		if register {
			says = "the next run tries again"
			lines = []string{fmt.Sprintf(`register = "sqlite:%s"`, filepath.Join(w.Dir, "custody.db")), `workspace = "app"`}
		}
		w.Provider(append(lines, down)...)
		date := acctest.Start.Add(20 * day).Truncate(day)
		w.Asset("APP-1", "retirement_date", date.Format(time.DateOnly))
		give(w)
		w.Apply().Says("Messages Were Not Delivered", "could not be reached", says)
		w.Provider(append(lines, up)...)
		w.Plan().Exits(0)
		want := 0
		if register {
			want = 1
		}
		if got := mailed(t, server, "alice@example.org", word); len(got) != want {
			t.Errorf("register %t: got %q", register, got)
		}
	}
}
