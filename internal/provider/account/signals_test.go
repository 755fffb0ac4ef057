package account_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/delivery/deliverytest"
)

const (
	webhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8G"
	streamToken   = "t0ken-canary-9137"
)

// withSignals gives the provider a register, and signals that go to a receiver in both
// forms; the secrets come from the environment.
func (o *testDirectory) withSignals(t *testing.T) (*deliverytest.Receiver, string) {
	t.Helper()
	key := deliverytest.NewKey(t)
	v := deliverytest.NewReceiver(t, deliverytest.Expects{
		Secret: webhookSecret, Token: streamToken, Issuer: "https://custody.example.org", Audience: "people", PrivateKey: key, KeyID: "key-1",
	})
	location := o.withRegister()
	o.Provider(fmt.Sprintf("register = %q", location), `workspace = "people"`, fmt.Sprintf(`signals = { cloudevents = { url = "%[1]s/events/", source = "https://custody.example.org", ca_file = %[2]q }, ssf = { url = "%[1]s/ssf", issuer = "https://custody.example.org", audience = "people", key_id = "key-1", private_key = file("key.pem"), ca_file = %[2]q } }`, v.URL, v.CAFile))
	o.Write("key.pem", key)
	t.Setenv("CUSTODY_SIGNALS_CLOUDEVENTS_SECRET", webhookSecret)
	t.Setenv("CUSTODY_SIGNALS_CLOUDEVENTS_TOKEN", streamToken)
	t.Setenv("CUSTODY_SIGNALS_SSF_TOKEN", streamToken)
	return v, location
}

// wantReceived fails the test unless the receiver has got messages that end so, and no
// two of the same form with one id.
func wantReceived(t *testing.T, v *deliverytest.Receiver, want ...string) {
	t.Helper()
	var got []string
	seen := map[string]bool{}
	for _, text := range v.Received() {
		if seen[text] {
			t.Errorf("%s was received twice", text)
		}
		seen[text] = true
		_, what, _ := strings.Cut(text, " ")
		got = append(got, what)
	}
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		t.Errorf("got %s, want %s", strings.Join(got, ", "), strings.Join(want, ", "))
	}
}

// What is done to an account is told after it is recorded. A receiver that does not
// accept keeps nothing from being done, and gets it with the next run.
func TestActsOnAccountsAreTold(t *testing.T) {
	o := newTestDirectory(t, "ann")
	v, location := o.withSignals(t)
	o.account("ann", "enabled = true")
	o.Apply()
	wantReceived(t, v) // nothing was done
	o.account("ann", "enabled = false")
	o.Plan().Exits(2)
	wantReceived(t, v)
	o.Apply().Silent("Messages Were Not Delivered")
	off := []string{"org.custodyhq.account.disabled.v1 corp/ann", "risc/event-type/account-disabled"}
	wantReceived(t, v, off...)
	wantEvents(t, location, "act.intent", "act.outcome", `message.delivered corp/ann … "destination":"signals_cloudevents" … "of":2`, `message.delivered corp/ann … "destination":"signals_ssf" … "of":2`)
	o.Plan().Exits(0)

	o.account("ann", "enabled = true")
	v.Answer(func(w http.ResponseWriter, _ *http.Request) bool {
		http.Error(w, streamToken, http.StatusServiceUnavailable)
		return false
	})
	o.Apply().Says("Messages Were Not Delivered", "status 503", "the next run tries again").Silent(streamToken, webhookSecret)
	o.wantLogin(t, "ann", true)
	wantReceived(t, v, off...)
	v.Answer(nil)
	o.Plan().Exits(0).Silent("Messages Were Not Delivered")
	on := append(off, "org.custodyhq.account.enabled.v1 corp/ann", "risc/event-type/account-enabled")
	wantReceived(t, v, on...)
	o.Plan().Exits(0)
	o.Apply()
	wantReceived(t, v, on...)
}

func TestSignalsNeedARegister(t *testing.T) {
	o := newTestDirectory(t, "ann")
	v := deliverytest.NewReceiver(t, deliverytest.Expects{PrivateKey: deliverytest.NewKey(t)})
	o.account("ann", "enabled = true")
	block := fmt.Sprintf(`signals = { cloudevents = { url = "%s/events/", source = "https://custody.example.org", secret = "short-canary" } }`, v.URL)
	o.Provider(block)
	o.Plan().Exits(1).Says("Signals Need a Register")
	o.Provider(block, `register = "sqlite:custody.db"`, `workspace = "people"`)
	o.Plan().Exits(1).Says("Invalid Destination", "signals.cloudevents.secret", "base64 of 24 to 64 random bytes").Silent("canary")
}
