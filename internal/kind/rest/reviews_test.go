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
	at := func(t *testing.T, h http.Handler) system.Reviews {
		return openGiteaQueue(t, systemtest.ServeHTTP(t, h), "token-1", func(c *Config) { c.Timeout = 50 * time.Millisecond })
	}
	healthy := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Total-Count", "2")
		_, _ = w.Write([]byte(`[{"name": "access-confirmed"}, {"name": "access-rejected"}]`))
	})
	broken := make(map[string]func(*testing.T) system.Reviews)
	for name, fault := range systemtest.HTTPFaults() {
		faulty := fault(healthy)
		broken[name] = func(t *testing.T) system.Reviews { return at(t, faulty) }
		broken[name+" after the setup"] = func(t *testing.T) system.Reviews {
			return at(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/labels") {
					healthy.ServeHTTP(w, r)
					return
				}
				faulty.ServeHTTP(w, r)
			}))
		}
	}
	systemtest.UnavailableReviews(t, broken)
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
