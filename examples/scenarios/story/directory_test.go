package story

import (
	"errors"
	"strings"
	"testing"
	"time"

	tfjson "github.com/hashicorp/terraform-json"
)

// unlocked is a directory that lets in whom somebody has unlocked.
type unlocked map[string]bool

func (d unlocked) Login(account string) (bool, error) { return d[account], nil }

func (d unlocked) Unlock(account string) error {
	d[account] = true
	return nil
}

func TestADirectoryIsAskedWhoCanLogIn(t *testing.T) {
	s, err := parse([]byte(step + "```directory\nunlock ada\n```\n```expect\nplan nothing\nlogin ada accepted\nlogin bob refused\n```\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(s.Logins(), "\n"); got != "The directory was asked: the login of ada is accepted.\nThe directory was asked: the login of bob is refused." {
		t.Errorf("it says\n%s", got)
	}
	p := &Player{Dir: t.TempDir(), Now: func() time.Time { return time.Unix(0, 0) }, Run: func(...string) (int, string, error) { return 0, "", nil }}
	if _, err := p.Plan(&s); !errors.Is(err, errNoDirectory) {
		t.Errorf("without a directory: %v", err)
	}
	directory := unlocked{}
	p.Directory = directory
	if _, err := p.Plan(&s); err != nil {
		t.Fatal(err)
	}
	if err := p.checkLogins(&s); err != nil {
		t.Error(err)
	}
	directory["bob"] = true
	if err := p.checkLogins(&s); err == nil || !strings.Contains(err.Error(), "the contrary of what was said of bob: a login is accepted") {
		t.Errorf("bob can log in: %v", err)
	}
}

// An account stands for the credential of the grant that it follows.
func TestAnAccountFollowsItsGrant(t *testing.T) {
	e, err := parseExpectation([]string{"plan changes", "account a update enabled=false"})
	if err != nil {
		t.Fatal(err)
	}
	state := func(active, enabled bool) *tfjson.State {
		return &tfjson.State{Values: &tfjson.StateValues{RootModule: &tfjson.StateModule{Resources: []*tfjson.StateResource{
			{Type: "custody_grant", Index: "a", AttributeValues: map[string]any{"active": active, "generations": map[string]any{"g1": map[string]any{"enabled": true}}}},
			{Type: "custody_account", Index: "a", AttributeValues: map[string]any{"enabled": enabled}},
		}}}}
	}
	if err := e.checkState(state(false, false)); err != nil {
		t.Error(err)
	}
	for _, enabled := range []bool{true, false} {
		if err := e.checkState(state(true, enabled)); err == nil {
			t.Errorf("the grant is active, the account was to be disabled, enabled is %v: accepted", enabled)
		}
	}
	change := &tfjson.ResourceChange{Type: "custody_account", Index: "a", Change: &tfjson.Change{
		Actions: tfjson.Actions{tfjson.ActionUpdate}, Before: map[string]any{"enabled": true}, After: map[string]any{"enabled": true},
	}}
	if err := e.checkPlan(&tfjson.Plan{ResourceChanges: []*tfjson.ResourceChange{change}}); err == nil || !strings.Contains(err.Error(), `account a: enabled is "true", not "false"`) {
		t.Errorf("the plan leaves the account enabled: %v", err)
	}
}
