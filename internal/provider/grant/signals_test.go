package grant_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/delivery/deliverytest"
)

// signalled returns a workspace with the grant of a laptop, whose signals go to the
// receiver. Further arguments of signals follow.
func signalled(t *testing.T, further ...string) (*acctest.Workspace, *deliverytest.Receiver) {
	t.Helper()
	const secret, token = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8G", "t0ken-canary-5521"
	key := deliverytest.NewKey(t)
	v := deliverytest.NewReceiver(t, deliverytest.Expects{Secret: secret, Token: token, Issuer: issuer, Audience: "devices", PrivateKey: key, KeyID: "key-1"})
	t.Setenv("CUSTODY_SIGNALS_SSF_TOKEN", token)
	t.Setenv("CUSTODY_SIGNALS_SSF_PRIVATE_KEY", key)
	t.Setenv("CUSTODY_SIGNALS_CLOUDEVENTS_SECRET", secret)
	t.Setenv("CUSTODY_SIGNALS_CLOUDEVENTS_TOKEN", token)
	w := acctest.LoadAlone(t, "laptop") // a second provider would apply a second time
	w.Provider(fmt.Sprintf("register = %q", "sqlite:"+filepath.Join(t.TempDir(), "custody.db")), `workspace = "it"`,
		fmt.Sprintf(`signals = { cloudevents = { url = "%s/events/", source = %q, ca_file = %q }%s }`, v.URL, issuer, v.CAFile, strings.NewReplacer("@URL@", v.URL, "@CA@", v.CAFile).Replace(strings.Join(further, ""))))
	return w, v
}

const issuer = "https://custody.example.org"

// wantTold fails the test unless so many revoked credentials were told of.
func wantTold(t *testing.T, v *deliverytest.Receiver, n int) {
	t.Helper()
	got := v.Received()
	if len(got) != n {
		t.Fatalf("%d were told, want %d: %q", len(got), n, got)
	}
	for _, text := range got {
		if !strings.Contains(text, "org.custodyhq.credential.revoked.v1 cmdb/LAP-1#vpn/office") {
			t.Errorf("told was %s", text)
		}
	}
}

// A credential that can no longer be used is told of once, after the decision that takes
// it away is recorded. Access that begins tells nothing.
func TestRevokedCredentialsAreTold(t *testing.T) {
	w, v := signalled(t)
	w.Apply()
	wantTold(t, v, 0)
	w.Person("p1", "status", "left")
	w.Plan().Exits(2)
	wantTold(t, v, 0)
	w.Apply().Silent("Messages Were Not Delivered")
	wantTold(t, v, 1)
	w.Plan().Exits(0)
	w.Apply()
	w.Destroy() // no credential is left that it could take away
	wantTold(t, v, 1)
}

func TestTheRemovalOfAGrantIsTold(t *testing.T) {
	w, v := signalled(t)
	w.Apply()
	w.Destroy()
	wantTold(t, v, 1)
}

// wantDevices fails the test unless these are all messages about the device, each in both
// forms. The two receivers are told one beside the other.
func wantDevices(t *testing.T, v *deliverytest.Receiver, want ...string) {
	t.Helper()
	var events, tokens []string
	for _, text := range v.Received() {
		_, what, _ := strings.Cut(text, " ")
		if event, ok := strings.CutPrefix(what, "org.custodyhq.device."); ok {
			events = append(events, event)
		}
		if what == "caep/event-type/device-compliance-change" {
			tokens = append(tokens, what)
		}
	}
	if strings.Join(events, ", ") != strings.Join(want, ", ") || len(tokens) != len(want) {
		t.Errorf("got %q and %q, want %q", events, tokens, want)
	}
}

// That a device is lost, and that it is back, is told once however many grants it has.
func TestDevicesAreTold(t *testing.T) {
	w, v := signalled(t, `, ssf = { url = "@URL@/ssf", issuer = "`+issuer+`", audience = "devices", key_id = "key-1", ca_file = "@CA@" }`)
	w.Write("more.tf", `resource "custody_grant" "more" {
  for_each = toset(["wifi", "mail", "badge"])
  binding  = custody_binding.laptop
  access   = each.key
}
`)
	w.Apply()
	wantDevices(t, v)
	w.Asset("LAP-1", "state", "lost")
	w.Plan().Exits(2)
	wantDevices(t, v)
	w.Apply()
	const lost, back = "not_compliant.v1 cmdb/LAP-1", "compliant.v1 cmdb/LAP-1"
	wantDevices(t, v, lost)
	w.Plan().Exits(0)
	w.Asset("LAP-1", "state", "retired")
	w.Apply()
	wantDevices(t, v, lost) // it is no more compliant than before
	w.Asset("LAP-1", "state", "in_service")
	w.Apply()
	wantDevices(t, v, lost, back)
	w.Asset("LAP-1", "state", "lost")
	w.Apply()
	wantDevices(t, v, lost, back, lost)
	w.Destroy()
	wantDevices(t, v, lost, back, lost)
}
