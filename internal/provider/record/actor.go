package record

import (
	"os/user"
	"strings"
	"unicode"
	"unicode/utf8"
)

// actorVariables name who started a run, in this order: a variable of ours, and those
// of GitHub and GitLab.
var actorVariables = []string{"CUSTODY_ACTOR", "GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR", "GITLAB_USER_LOGIN"}

// actor returns who started the run, as far as the environment says; empty if it does
// not. It is a statement, and proves nothing.
func actor(env func(string) string, account func() string) string {
	for _, name := range actorVariables {
		if who := env(name); who != "" && writable(who) {
			return who
		}
	}
	if who := account(); writable(who) {
		return who
	}
	return ""
}

// writable reports whether a name can be recorded.
func writable(name string) bool {
	return len(name) <= LongestName && utf8.ValidString(name) && !strings.ContainsFunc(name, unicode.IsControl)
}

// accountName returns the name of the account that the process runs as.
func accountName() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}
