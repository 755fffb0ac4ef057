package account_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

const (
	oktaUser     = "00u00000000000000ann"
	oktaSessions = "sessions and OAuth tokens, which Okta does not list"
)

// playedOkta answers as Okta does, in the form of the recorded answers: Okta cannot be
// installed. It lists no sessions.
type playedOkta struct {
	*acctest.Workspace
	t *testing.T

	mu      sync.Mutex
	status  string // of the one user; empty if there is none
	signed  bool   // the user has sessions
	deny    bool   // the right to end sessions is missing
	lose    bool   // the answers to what ends sessions get lost
	changes []string
}

func newPlayedOkta(t *testing.T) *playedOkta {
	t.Helper()
	o := &playedOkta{t: t, Workspace: acctest.LoadAlone(t), status: "ACTIVE", signed: true}
	server := httptest.NewServer(o)
	t.Cleanup(server.Close)
	o.Edit("provider.tf", "  systems = {\n", fmt.Sprintf("  directories = [\"cmdb\"]\n  systems = {\n    corp = { okta = { url = %q, token = %q } }\n", server.URL, password))
	return o
}

func (o *playedOkta) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	user := func(status string) map[string]any {
		return map[string]any{
			"id": oktaUser, "status": status, "lastLogin": "2026-02-01T08:00:00.000Z",
			"profile": map[string]any{"login": "ann@example.org", "email": "ann@example.org", "firstName": "Ann", "lastName": "Archer"},
		}
	}
	answer := func(status int, body any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		if body != nil {
			_ = json.NewEncoder(w).Encode(body)
		}
	}
	refuse := func(status int, code string) { answer(status, map[string]any{"errorCode": code, "errorSummary": "x"}) }
	const one = "/api/v1/users/" + oktaUser
	request := r.Method + " " + r.URL.Path
	if r.Method != http.MethodGet {
		o.changes = append(o.changes, request)
	}
	switch {
	case request == "GET /api/v1/users" && r.URL.Query().Get("filter") != "":
		answer(http.StatusOK, []any{})
	case request == "GET /api/v1/users":
		other := user("ACTIVE")
		other["id"] = "00u00000000000000bob"
		other["profile"] = map[string]any{"login": "bob@example.org", "email": "bob@example.org"}
		list := []any{other}
		if o.status != "" {
			list = append(list, user(o.status))
		}
		answer(http.StatusOK, list)
	case strings.HasSuffix(request, "00u00000000000000bob"):
		other := user("ACTIVE")
		other["id"] = "00u00000000000000bob"
		answer(http.StatusOK, other)
	case o.status == "" || !strings.HasPrefix(r.URL.Path, one):
		refuse(http.StatusNotFound, "E0000007")
	case request == "GET "+one:
		answer(http.StatusOK, user(o.status))
	case request == "POST "+one+"/lifecycle/suspend" && o.status == "ACTIVE":
		o.status = "SUSPENDED"
		answer(http.StatusOK, map[string]any{})
	case request == "POST "+one+"/lifecycle/unsuspend" && o.status == "SUSPENDED":
		o.status = "ACTIVE"
		answer(http.StatusOK, map[string]any{})
	case request == "DELETE "+one+"/sessions" && o.deny:
		refuse(http.StatusForbidden, "E0000006")
	case request == "DELETE "+one+"/sessions" && r.URL.Query().Get("oauthTokens") == "true":
		o.signed = false
		if o.lose {
			panic(http.ErrAbortHandler)
		}
		answer(http.StatusNoContent, nil)
	default:
		refuse(http.StatusBadRequest, "E0000001")
	}
}

// set changes what Okta holds.
func (o *playedOkta) set(change func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change()
}

// want fails the test unless the user is as given, and as many requests have changed
// something since the last call.
func (o *playedOkta) want(what, status string, signed bool, changes int) {
	o.t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.status != status || o.signed != signed || len(o.changes) != changes {
		o.t.Errorf("%s: the user is %s, with sessions: %v, after %q; want %s, %v and %d changes", what, o.status, o.signed, o.changes, status, signed, changes)
	}
	o.changes = nil
}

// shows fails the test unless the state says whether sessions are open.
func (o *playedOkta) shows(open bool) {
	o.t.Helper()
	if got := strings.Contains(o.Read(acctest.StateFile), oktaSessions); got != open {
		o.t.Errorf("the state says that sessions are open: %v, want %v", got, open)
	}
}

// What a target does not list counts as open until it has accepted ending it, in refreshes
// and plans, and then the plan is empty.
func TestAnAccountWhoseSessionsAreNotListed(t *testing.T) {
	o := newPlayedOkta(t)
	o.Write("main.tf", block("it", oktaUser, "enabled = true", "end_sessions = true"))
	o.Apply()
	o.shows(true)
	o.Plan().Exits(0)
	o.want("taken over", "ACTIVE", true, 0)

	// Disabled, and the right to end sessions is missing: the next plan says what is left.
	o.Write("main.tf", block("it", oktaUser, "enabled = false", "end_sessions = true"))
	o.Plan().Exits(2).Says("~ enabled = true -> false", "issued", `- "`+oktaSessions+`",`, "(known after apply)")
	o.want("planned", "ACTIVE", true, 0)
	o.set(func() { o.deny = true })
	o.TryApply().Exits(1).Says("okta.users.lifecycle.clearSessions", "The account is disabled. Its sessions are not ended.")
	o.want("half done", "SUSPENDED", true, 2)
	o.shows(true)
	o.Plan().Exits(2).Says("custody_account.it will be updated in-place", "(known after apply)").Silent("~ enabled")
	o.Apply("-refresh-only")
	o.shows(true)

	// The answer to ending them gets lost, so it is not known to have been accepted.
	o.set(func() { o.deny, o.lose, o.changes = false, true, nil })
	o.TryApply().Exits(1).Says("Its sessions are not ended.")
	o.shows(true)
	o.set(func() { o.lose, o.changes = false, nil })
	o.Apply().Says("Sessions Were Ended", oktaSessions)
	o.want("ended", "SUSPENDED", false, 1)
	o.shows(false)
	o.Plan().Exits(0)
	o.Run("state", "show", "-no-color", "custody_account.it").Says("issued       = []")
	o.Apply()
	o.want("applied again", "SUSPENDED", false, 0)

	// Enabled outside of Terraform: sessions may have begun, so all is ended again.
	o.set(func() { o.status, o.signed = "ACTIVE", true })
	o.Plan().Exits(2).Says("~ enabled = true -> false", oktaSessions)
	o.Apply().Says("Sessions Were Ended")
	o.want("enabled outside", "SUSPENDED", false, 2)
	o.Plan().Exits(0)

	// Gone for a while: what happened meanwhile is not known.
	o.set(func() { o.status = "" })
	o.Apply().Says("Account Is Gone")
	o.want("gone", "", false, 0)
	o.set(func() { o.status, o.signed = "SUSPENDED", true })
	o.Plan().Exits(2).Says("custody_account.it will be updated in-place", "(known after apply)")
	o.Apply().Says("Sessions Were Ended")
	o.want("back", "SUSPENDED", false, 1)
	o.Plan().Exits(0)

	// Enabled by the plan, and disabled without end_sessions: they stay open, and it is said.
	o.Write("main.tf", block("it", oktaUser, "enabled = true"))
	o.Apply()
	o.shows(true)
	o.Write("main.tf", block("it", oktaUser, "enabled = false"))
	o.set(func() { o.signed, o.changes = true, nil })
	o.Apply("-refresh=false")
	o.want("disabled only", "SUSPENDED", true, 1)
	o.shows(true)
	o.Plan().Exits(0)
}

// An account that is disabled already when it is taken over, and one without a state, count
// as having sessions.
func TestSessionsOfAnAccountThatIsTakenOver(t *testing.T) {
	o := newPlayedOkta(t)
	o.set(func() { o.status = "SUSPENDED" })
	o.Write("main.tf", block("it", oktaUser, "enabled = false", "end_sessions = true"))
	o.Apply().Says("Sessions Were Ended")
	o.want("taken over", "SUSPENDED", false, 1)
	o.Plan().Exits(0)
	o.set(func() { o.signed = true })
	o.Remove(acctest.StateFile)
	o.Apply().Says("Sessions Were Ended")
	o.want("without a state", "SUSPENDED", false, 1)
	o.Plan().Exits(0)
	o.Run("state", "rm", "custody_account.it").Ok()
	o.set(func() { o.signed = true })
	o.Run("import", "custody_account.it", "corp/"+oktaUser).Ok()
	o.shows(true)
	o.Apply()
	o.want("imported", "SUSPENDED", false, 1)
	o.Plan().Exits(0)
}
