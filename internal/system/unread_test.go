package system_test

import (
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

func TestHidden(t *testing.T) {
	for _, text := range []string{"ENCRYPTED", " encrypted ", "[Encrypted]", "<redacted>", "REDACTED", "(hidden)", "[masked]", "{protected}", "********", "**", "••••", "●●●"} {
		if !system.Hidden(text) {
			t.Errorf("%q is taken for a value", text)
		}
	}
	for _, text := range []string{"", "production", "*", "hidden", "Protected", "encrypted backups", "[]", "()", "prod*", "*** prod ***", "N/A", "confidential"} {
		if system.Hidden(text) {
			t.Errorf("%q is not taken for a value", text)
		}
	}
}

func TestUnreadSentences(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{system.UnreadHidden("environment", " ENCRYPTED"), `The system shows "ENCRYPTED" in place of a value of environment, which counts as not stated.`},
		{system.UnreadUnnamed("class"), "The system does not show the name of what class refers to, so it counts as not stated."},
		{system.UnreadSeveral("purpose", []string{"b\n", "a"}), `The record holds several values of purpose ("a", "b"), so it counts as not stated.`},
		{system.UnreadSeveral("purpose", []string{"1", "2", "3", "4", "5", "6", "7"}), `The record holds several values of purpose ("1", "2", "3", "4", "5", 2 more), so it counts as not stated.`},
	} {
		if test.got != test.want {
			t.Errorf("got  %s\nwant %s", test.got, test.want)
		}
	}
}

func TestOneWord(t *testing.T) {
	for _, test := range []struct {
		field  string
		values []string
		word   string
		unread bool
	}{
		{"environment", nil, "", false}, {"environment", []string{"prod"}, "prod", false}, {"environment", []string{"prod", "test"}, "", true},
		{"environment", []string{"ENCRYPTED"}, "", true}, {"purpose", []string{"a", "b"}, "a, b", false}, {"purpose", []string{"***"}, "", true},
	} {
		word, unread := system.OneWord(test.field, test.values)
		if word != test.word || (unread != "") != test.unread {
			t.Errorf("%s %q gives %q, %q", test.field, test.values, word, unread)
		}
	}
}
