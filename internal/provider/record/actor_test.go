package record

import "testing"

func TestWhoStartedARun(t *testing.T) {
	for _, c := range []struct {
		env     map[string]string
		account string
		want    string
	}{
		{nil, "ada", "ada"},
		{map[string]string{"GITHUB_ACTOR": "bob", "GITLAB_USER_LOGIN": "carol"}, "runner", "bob"},
		{map[string]string{"CUSTODY_ACTOR": "ci@example.org", "GITHUB_ACTOR": "bob"}, "runner", "ci@example.org"},
		{map[string]string{"CUSTODY_ACTOR": "a\nb", "GITLAB_USER_LOGIN": "carol"}, "runner", "carol"},
		{nil, "\xff", ""},
	} {
		if got := actor(func(name string) string { return c.env[name] }, func() string { return c.account }); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	if who := accountName(); who == "" {
		t.Log("the account of the test has no name")
	}
}
