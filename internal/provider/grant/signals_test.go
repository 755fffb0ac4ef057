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
// receiver.
func signalled(t *testing.T) (*acctest.Workspace, *deliverytest.Receiver) {
	t.Helper()
	const secret, token = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8G", "t0ken-canary-5521"
	v := deliverytest.NewReceiver(t, deliverytest.Expects{Secret: secret, Token: token, PrivateKey: deliverytest.NewKey(t)})
	t.Setenv("CUSTODY_SIGNALS_CLOUDEVENTS_SECRET", secret)
	t.Setenv("CUSTODY_SIGNALS_CLOUDEVENTS_TOKEN", token)
	w := acctest.LoadAlone(t, "laptop") // a second provider would apply a second time
	w.Provider(fmt.Sprintf("register = %q", "sqlite:"+filepath.Join(t.TempDir(), "custody.db")), `workspace = "it"`,
		fmt.Sprintf(`signals = { cloudevents = { url = "%s/events/", source = "https://custody.example.org", ca_file = %q } }`, v.URL, v.CAFile))
	return w, v
}

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
