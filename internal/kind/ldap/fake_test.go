package ldap_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	goldap "github.com/go-ldap/ldap/v3"

	"github.com/custodyhq/terraform-provider-custody/internal/kind/ldap"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// fake is a directory that answers as no healthy one does. It knows one person.
type fake struct {
	// search answers a search: it returns the response without the message id
	// and the controls, or nil to hang up.
	search func(filter string, n int64) []*ber.Packet
	bind   *ber.Packet // answers a login; nil lets everybody in
	modify *ber.Packet // answers a change; nil hangs up
	count  atomic.Int64
}

func (f *fake) start(t *testing.T) ldap.Config {
	t.Helper()
	return ldap.Config{
		Name: "corp", URL: "ldap://" + systemtest.ServeTCP(t, f.serve), BindDN: "cn=reader", Password: "secret", BaseDN: "dc=x", Timeout: 5 * time.Second, PageSize: 2,
	}
}

func (f *fake) serve(c net.Conn) {
	defer c.Close() //nolint:errcheck // a test
	for {
		request, err := ber.ReadPacket(c)
		if err != nil || len(request.Children) < 2 {
			return
		}
		id, op := request.Children[0].Value, request.Children[1]
		var answers []*ber.Packet
		switch op.Tag {
		case goldap.ApplicationBindRequest:
			answers = []*ber.Packet{done(goldap.ApplicationBindResponse, 0, "")}
			if f.bind != nil {
				answers = []*ber.Packet{f.bind}
			}
		case goldap.ApplicationModifyRequest:
			if f.modify != nil {
				answers = []*ber.Packet{f.modify}
			}
		case goldap.ApplicationSearchRequest:
			filter, _ := goldap.DecompileFilter(op.Children[6])
			scope, _ := op.Children[1].Value.(int64)
			switch {
			case scope == goldap.ScopeBaseObject && op.Children[0].Value == "dc=x":
				answers = []*ber.Packet{found("dc=x", nil), success("")}
			case strings.Contains(filter, "(uid=*)"):
				answers = []*ber.Packet{ann(), success("")}
			case strings.Contains(filter, "(!(member=*))"):
				answers = []*ber.Packet{found("cn=t,dc=x", nil), success("")}
			default:
				answers = f.search(filter, f.count.Add(1))
			}
		}
		if answers == nil {
			return
		}
		for _, a := range answers {
			message := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
			message.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
			// The controls of a result travel as an extra child of it.
			if n := len(a.Children); n > 0 && a.Tag == goldap.ApplicationSearchResultDone && a.Children[n-1].ClassType == ber.ClassContext {
				controls := a.Children[n-1]
				rebuilt := ber.Encode(a.ClassType, a.TagType, a.Tag, nil, "")
				for _, child := range a.Children[:n-1] {
					rebuilt.AppendChild(child)
				}
				message.AppendChild(rebuilt)
				message.AppendChild(controls)
			} else {
				message.AppendChild(a)
			}
			if _, err := c.Write(message.Bytes()); err != nil {
				return
			}
		}
	}
}

func text(s string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
}

func done(tag ber.Tag, code int64, diagnostic string) *ber.Packet {
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, tag, nil, "")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, code, ""))
	p.AppendChild(text(""))
	p.AppendChild(text(diagnostic))
	return p
}

func result(code int64) *ber.Packet {
	return done(goldap.ApplicationSearchResultDone, code, "the fake says so, password secret")
}

// success ends a page; a cookie says that there is another one.
func success(cookie string) *ber.Packet {
	p := done(goldap.ApplicationSearchResultDone, 0, "")
	control := goldap.NewControlPaging(0)
	control.SetCookie([]byte(cookie))
	controls := ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, "")
	controls.AppendChild(control.Encode())
	p.AppendChild(controls)
	return p
}

func found(dn string, attributes map[string]string) *ber.Packet {
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, goldap.ApplicationSearchResultEntry, nil, "")
	p.AppendChild(text(dn))
	list := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	for name, value := range attributes {
		one := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
		one.AppendChild(text(name))
		values := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
		values.AppendChild(text(value))
		one.AppendChild(values)
		list.AppendChild(one)
	}
	p.AppendChild(list)
	return p
}

func user(uid string) *ber.Packet {
	return found("uid="+uid+",dc=x", map[string]string{"uid": uid, "cn": uid})
}

func ann() *ber.Packet { return user("ann") }

func elsewhere() *ber.Packet {
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, goldap.ApplicationSearchResultReference, nil, "")
	p.AppendChild(text("ldap://evil.example.org/dc=x"))
	return p
}

// Whatever a search ends with other than success, what came before is not
// believed, and its absence neither.
func TestResultCodes(t *testing.T) {
	for code, says := range map[int64]string{
		1: "did not let the account search", 2: "could not answer", 3: "took too long", 4: "cut the answer off", 8: "could not answer",
		10: "is on another server", 11: "cut the answer off", 12: "could not answer", 13: "could not answer", 16: "could not answer",
		32: "has no entry", 34: "could not answer", 50: "did not let the account search", 51: "would not answer", 52: "would not answer",
		53: "would not answer", 80: "could not answer", 123: "could not answer",
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			for _, before := range [][]*ber.Packet{nil, {ann()}} {
				f := &fake{search: func(string, int64) []*ber.Packet { return append(before[:len(before):len(before)], result(code)) }}
				s := mustNew(t, f.start(t))
				for _, key := range []string{"ann", "bob"} {
					people, err := s.Person(t.Context(), key)
					systemtest.WantUnavailable(t, len(people), err)
					if !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "password secret") {
						t.Errorf("got %v, want %q in it", err, says)
					}
				}
			}
		})
	}
}

// Answers that end well and are wrong all the same.
func TestWrongAnswersThatEndWell(t *testing.T) {
	only := func(p ...*ber.Packet) func(string, int64) []*ber.Packet {
		return func(filter string, _ int64) []*ber.Packet {
			if strings.Contains(filter, "groupOfNames") {
				return []*ber.Packet{success("")}
			}
			return p
		}
	}
	for name, test := range map[string]struct {
		search func(string, int64) []*ber.Packet
		says   string // of the error; without it, nobody is found
	}{
		"everybody, whatever was asked":     {only(ann(), user("bob"), user("*"), success("")), ""},
		"a look-alike":                      {only(user("\u212aim"), success("")), ""},
		"no paging at all":                  {only(done(goldap.ApplicationSearchResultDone, 0, "")), ""},
		"a reference besides":               {only(elsewhere(), success("")), "on another server"},
		"a first page again and again":      {only(ann(), user("bob"), success("same")), "repeat themselves"},
		"empty pages without end":           {only(success("same")), "contained nothing new"},
		"one that hangs up":                 {func(string, int64) []*ber.Packet { return nil }, "was lost in the middle"},
		"an entry and then nothing":         {func(string, int64) []*ber.Packet { return []*ber.Packet{ann()} }, "did not answer a search"},
		"an entry that is none":             {only(ber.Encode(ber.ClassApplication, ber.TypeConstructed, goldap.ApplicationSearchResultEntry, nil, ""), success("")), "cannot be understood"},
		"somebody without the id attribute": {only(found("cn=x,dc=x", map[string]string{"mail": "kim"}), success("")), "does not show the attribute uid"},
	} {
		t.Run(name, func(t *testing.T) {
			c := (&fake{search: test.search}).start(t)
			c.Timeout = time.Second
			people, err := mustNew(t, c).Person(t.Context(), "kim")
			if test.says == "" {
				if err != nil || len(people) != 0 {
					t.Errorf("got %+v, %v; want none", people, err)
				}
				return
			}
			systemtest.WantUnavailable(t, len(people), err)
			if !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want %q in it", err, test.says)
			}
		})
	}
}

// Pages overlap while somebody is moved; nobody is counted twice or left out.
func TestOverlappingPages(t *testing.T) {
	pages := [][]*ber.Packet{
		{user("kim"), user("a"), success("1")}, {user("a"), user("b"), success("2")}, {success("3")}, {user("c"), success("")},
	}
	var page atomic.Int64
	f := &fake{search: func(filter string, _ int64) []*ber.Packet {
		if strings.Contains(filter, "groupOfNames") {
			return []*ber.Packet{success("")}
		}
		return pages[page.Add(1)-1]
	}}
	one(t, mustNew(t, f.start(t)), "kim")
	if page.Load() != 4 {
		t.Errorf("%d pages read, want 4", page.Load())
	}
}

// An answer that claims to be huge must not make the provider reserve the
// memory for it.
func TestHugeAnswer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = io.WriteString(c, "\x04\x84\x7f\xff\xff\xf0aaaa")
	}()
	c := (&fake{}).start(t)
	c.URL = "ldap://" + l.Addr().String()
	people, err := mustNew(t, c).Person(t.Context(), "ann")
	systemtest.WantUnavailable(t, len(people), err)
	if strings.Contains(err.Error(), "within") {
		t.Errorf("it waited for the rest: %v", err)
	}
}
