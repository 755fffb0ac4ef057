package rest

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// Servers that answer wrongly, also after what is set up was read.
func TestReviewsUnavailable(t *testing.T) {
	hasty := func(c *Config) { c.Timeout = 50 * time.Millisecond }
	for name, queue := range map[string]struct {
		open    func(t *testing.T, address string) system.Reviews
		set     string // a part of the paths of what is set up
		healthy string
	}{
		"gitea": {
			func(t *testing.T, address string) system.Reviews { return openGiteaQueue(t, address, "token-1", hasty) },
			"/labels", `[{"name": "access-confirmed"}, {"name": "access-rejected"}]`,
		},
		"servicenow": {
			func(t *testing.T, address string) system.Reviews {
				return openServiceNow(t, address, "asks", "password of asks", hasty)
			},
			"/sys_", `{"result": [
				{"name": {"value": "u_access_review"}, "audit": {"value": "true"}},
				{"name": {"value": "u_access_review"}, "element": {"value": "state"}, "value": {"value": "3"}, "label": {"value": "Still needed"}},
				{"name": {"value": "u_access_review"}, "element": {"value": "state"}, "value": {"value": "4"}, "label": {"value": "No longer needed"}}]}`,
		},
	} {
		if name != "gitea" && leftOut(name) {
			continue
		}
		healthy := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Total-Count", "2")
			_, _ = w.Write([]byte(queue.healthy))
		})
		broken := make(map[string]func(*testing.T) system.Reviews)
		for fault, of := range systemtest.HTTPFaults() {
			faulty := of(healthy)
			broken[fault] = func(t *testing.T) system.Reviews { return queue.open(t, systemtest.ServeHTTP(t, faulty)) }
			broken[fault+" after the setup"] = func(t *testing.T) system.Reviews {
				return queue.open(t, systemtest.ServeHTTP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if strings.Contains(r.URL.Path, queue.set) {
						healthy.ServeHTTP(w, r)
						return
					}
					faulty.ServeHTTP(w, r)
				})))
			}
		}
		t.Run(name, func(t *testing.T) { systemtest.UnavailableReviews(t, broken) })
	}
}

func TestTextsAreNoCommands(t *testing.T) {
	for _, text := range []string{"", "/close", "@ann", "```\n/close\n```", "````", "~~~"} {
		fence, rest, _ := strings.Cut(fenced(text), "text\n")
		if strings.Contains(strings.TrimSuffix(rest, "\n"+fence), fence) || !strings.HasSuffix(rest, "\n"+fence) || len(fence) < 3 {
			t.Errorf("%q ends its block: %q", text, fenced(text))
		}
	}
	if got := unformatted("a{noformat}b"); strings.Count(got, "{noformat}") != 2 {
		t.Errorf("got %q", got)
	}
	if got := withoutCode("[code]<script>[/Code] @[6816:Ann] a@b.example [x]"); got != "[ code ]<script>[ /Code ] @ [6816:Ann] a@b.example [x]" {
		t.Errorf("got %q", got)
	}
}

func TestSecretsOfReviews(t *testing.T) {
	const secret = "Canary/of+a=<&Token>"
	systemtest.Secrecy(t, secret, func(t *testing.T, address string) system.System { return openGiteaQueue(t, address, secret) })
}
