package ldap

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

func entryWith(attribute, value string) *ldap.Entry {
	return ldap.NewEntry("uid=x,dc=x", map[string][]string{attribute: {value}})
}

func TestEndDate(t *testing.T) {
	for _, test := range []struct{ attribute, value, want string }{
		{"accountExpires", "0", ""},
		{"accountExpires", "9223372036854775807", ""},
		{"accountExpires", "9223372036854775806", ""}, // in the year 30828
		{"accountExpires", "116444736000000000", "1970-01-01T00:00:00Z"},
		{"ACCOUNTEXPIRES", "133696224009999999", "2024-09-01T00:00:00Z"},
		{"accountExpires", "-1", "error"},
		{"accountExpires", "never", "error"},
		{"shadowExpire", "-1", ""},
		{"shadowExpire", "0", ""},
		{"shadowExpire", "1", "1970-01-01T23:59:59Z"},
		{"shadowExpire", "99999", "2243-10-15T23:59:59Z"},
		{"shadowExpire", "x", "error"},
		{"pwdEndTime", "20270630235959Z", "2027-06-30T23:59:59Z"},
		{"pwdEndTime", "202706302359Z", "2027-06-30T23:59:00Z"},
		{"pwdEndTime", "2027063023Z", "2027-06-30T23:00:00Z"},
		{"pwdEndTime", "20270630235959.123Z", "2027-06-30T23:59:59Z"},
		{"pwdEndTime", "20270630235959,5+0200", "2027-06-30T21:59:59Z"},
		{"pwdEndTime", "20270630235959-05", "2027-07-01T04:59:59Z"},
		{"pwdEndTime", "20270630", "error"},
		{"st", "2027-06-30", "2027-06-30T23:59:59Z"},
		{"st", "2027-06-30T12:00:00+02:00", "2027-06-30T10:00:00Z"},
		{"st", "30.06.2027", "error"},
		{"st", "", ""},
	} {
		got, err := endDate(entryWith(test.attribute, test.value), test.attribute)
		text := ""
		if err != nil {
			text = "error"
		} else if !got.IsZero() {
			text = got.Format(time.RFC3339)
		}
		if text != test.want {
			t.Errorf("%s %q: got %s %v, want %s", test.attribute, test.value, text, err, test.want)
		}
	}
}

func TestValue(t *testing.T) {
	e := ldap.NewEntry(`CN=b\2c c+uid=x,dc=x`, map[string][]string{"cn": {"z", "b, c", "a"}, "UID": {"x"}, "mail": {"z@x", "a@x"}, "sn": {" ", "\xff"}})
	for attribute, want := range map[string]string{"cn": "b, c", "uid": "x", "mail": "a@x", "none": "", "sn": "\ufffd"} {
		if got := value(e, attribute); got != want {
			t.Errorf("%s: got %q, want %q", attribute, got, want)
		}
	}
}

// Whatever a key holds, it stays one value of one filter.
func FuzzFilter(f *testing.F) {
	for _, key := range []string{"ann", "*)(uid=*", `\2a`, "a\x00b", "(|(a=b))", "ü🔑", "00000000-0000-0000-0000-000000000000", `\`, "&", ""} {
		f.Add(key)
	}
	attributes := []string{"uid", "mail", attrObjectGUID}
	f.Fuzz(func(t *testing.T, key string) {
		text := "(&(objectClass=person)" + anyOf([]string{key, "second"}, attributes) + ")"
		packet, err := ldap.CompileFilter(text)
		if err != nil {
			t.Fatalf("%q gives %q: %v", key, text, err)
		}
		either := packet.Children[1]
		spellings := len(system.Spellings(key))
		want := 2*spellings + 2
		if _, ok := parseGUID(key); ok {
			want++
		}
		if len(packet.Children) != 2 || len(either.Children) != want {
			t.Fatalf("%q gives %q", key, text)
		}
		for i, child := range either.Children[:2] {
			if child.Tag != ldap.FilterEqualityMatch || child.Children[0].Data.String() != attributes[i] || child.Children[1].Data.String() != key {
				t.Fatalf("%q gives %q", key, text)
			}
		}
	})
}

// A key is looked up under the name that a user reads, or not at all.
func FuzzUsable(f *testing.F) {
	f.Add("ann")
	f.Add(" a\u202eb\x00 ")
	f.Fuzz(func(t *testing.T, key string) {
		got, ok := system.UsableKey(key)
		if ok && (got != strings.TrimSpace(key) || got == "" || system.Clean(got) != got || system.HasReplacement(got)) {
			t.Fatalf("system.UsableKey(%q) = %q", key, got)
		}
	})
}

func FuzzGUID(f *testing.F) {
	f.Add([]byte("0123456789abcdef"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		text, ok := formatGUID(raw)
		if ok != (len(raw) == 16) {
			t.Fatalf("formatGUID(%x) = %q, %v", raw, text, ok)
		}
		if back, parsed := parseGUID(text); ok && (!parsed || !slices.Equal(back, raw)) {
			t.Fatalf("%x became %q and then %x", raw, text, back)
		}
	})
}
