package notice

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

var start = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

func on(days float64) time.Time { return start.Add(time.Duration(days * float64(day))) }

func grantOf() *lifecycle.Grant {
	return &lifecycle.Grant{
		Asset: lifecycle.Ref{System: "cmdb", ID: "APP-1"}, Access: "aws/deploy",
		Reasons: []lifecycle.Reason{{Code: lifecycle.OwnerShared, Message: "Several owners are named. Action: review."}},
	}
}

func bindingOf() *lifecycle.Binding {
	return &lifecycle.Binding{
		Asset: lifecycle.Ref{System: "cmdb", ID: "APP-1"}, Name: "Billing", Holder: "hr/E-1", OwnerStatus: lifecycle.PersonActive, Manager: "hr/E-7",
	}
}

func block(at time.Time) lifecycle.Ahead {
	return lifecycle.Ahead{At: at, Becomes: lifecycle.Block, Code: lifecycle.OwnerShared, Asks: true}
}

func TestWhatIsDueWhen(t *testing.T) {
	end := block(on(40))
	last := lifecycle.Ahead{At: on(40), Key: "g3"}
	for name, c := range map[string]struct {
		ahead  []lifecycle.Ahead
		before []time.Duration
		told   []string
		now    time.Time
		due    string
		next   time.Time
		keeps  string
	}{
		"nothing ahead":           {now: on(0)},
		"too early":               {ahead: []lifecycle.Ahead{end}, now: on(9.9), next: on(10)},
		"thirty days":             {ahead: []lifecycle.Ahead{end}, now: on(10), due: "block 2030-02-10T00:00:00Z 30d", next: on(33), keeps: "block 2030-02-10T00:00:00Z 30d"},
		"told before":             {ahead: []lifecycle.Ahead{end}, told: []string{"block 2030-02-10T00:00:00Z 30d"}, now: on(11), next: on(33), keeps: "block 2030-02-10T00:00:00Z 30d"},
		"seven days":              {ahead: []lifecycle.Ahead{end}, told: []string{"block 2030-02-10T00:00:00Z 30d"}, now: on(34), due: "block 2030-02-10T00:00:00Z 7d", next: on(39), keeps: "block 2030-02-10T00:00:00Z 7d"},
		"missed runs":             {ahead: []lifecycle.Ahead{end}, now: on(39.5), due: "block 2030-02-10T00:00:00Z 1d", keeps: "block 2030-02-10T00:00:00Z 1d"},
		"all told":                {ahead: []lifecycle.Ahead{end}, told: []string{"block 2030-02-10T00:00:00Z 1d"}, now: on(39.6), keeps: "block 2030-02-10T00:00:00Z 1d"},
		"a clock that went back":  {ahead: []lifecycle.Ahead{end}, told: []string{"block 2030-02-10T00:00:00Z 7d"}, now: on(11), next: on(33), keeps: "block 2030-02-10T00:00:00Z 7d"},
		"another day":             {ahead: []lifecycle.Ahead{block(on(41))}, told: []string{"block 2030-02-10T00:00:00Z 30d"}, now: on(12), due: "block 2030-02-11T00:00:00Z 30d", next: on(34), keeps: "block 2030-02-10T00:00:00Z 30d, block 2030-02-11T00:00:00Z 30d"},
		"a day that has come":     {ahead: []lifecycle.Ahead{end}, told: []string{"block 2029-12-10T00:00:00Z 1d", "nonsense"}, now: on(10), due: "block 2030-02-10T00:00:00Z 30d", next: on(33), keeps: "block 2030-02-10T00:00:00Z 30d"},
		"kept without a notice":   {told: []string{"block 2029-12-10T00:00:00Z 1d"}, now: on(10), keeps: "block 2029-12-10T00:00:00Z 1d"},
		"a mark that is nonsense": {ahead: []lifecycle.Ahead{end}, told: []string{"block 2030-02-10T00:00:00Z xd"}, now: on(10), due: "block 2030-02-10T00:00:00Z 30d", next: on(33), keeps: "block 2030-02-10T00:00:00Z 30d"},
		"two ends":                {ahead: []lifecycle.Ahead{end, last}, now: on(10), due: "block 2030-02-10T00:00:00Z 30d, end 2030-02-10T00:00:00Z 30d", next: on(33), keeps: "block 2030-02-10T00:00:00Z 30d, end 2030-02-10T00:00:00Z 30d"},
		"other times":             {ahead: []lifecycle.Ahead{last}, before: []time.Duration{36 * time.Hour, 14 * day}, now: on(38.5), due: "end 2030-02-10T00:00:00Z 36h0m0s", keeps: "end 2030-02-10T00:00:00Z 36h0m0s"},
		"never":                   {ahead: []lifecycle.Ahead{last}, before: []time.Duration{}, now: on(39)},
	} {
		t.Run(name, func(t *testing.T) {
			g := grantOf()
			g.Memory.Notices = c.told
			before := c.before
			if before == nil {
				before = Usual()
			}
			a := Due(Question{Grant: g, Binding: bindingOf(), Ahead: c.ahead, Before: before, Now: c.now})
			var due []string
			for _, n := range a.Due {
				due = append(due, strings.TrimPrefix(n.Name, "cmdb/APP-1#aws/deploy "))
			}
			if got := strings.Join(due, ", "); got != c.due {
				t.Errorf("due: %s, want %s", got, c.due)
			}
			if got := strings.Join(a.Told, ", "); got != c.keeps {
				t.Errorf("remembers: %s, want %s", got, c.keeps)
			}
			if !a.Next.Equal(c.next) {
				t.Errorf("next %s, want %s", a.Next, c.next)
			}
		})
	}
}

// A grant that is planned every day, with what it remembers, gives each notice once,
// and on no other day.
func TestEachNoticeOnceOverAHistory(t *testing.T) {
	rules := policy.Baseline()
	for _, step := range []time.Duration{day, 5 * time.Hour, 3 * day, 12 * day} {
		t.Run(step.String(), func(t *testing.T) {
			var prior *lifecycle.Grant
			var got []string
			b := bindingOf()
			b.Class, b.BoundTo, b.Confidence, b.State = "laptop", lifecycle.BoundToPerson, 100, lifecycle.StateInService
			for now := start; now.Before(on(80)); now = now.Add(step) {
				if now.After(on(20)) {
					b.Findings = []lifecycle.Finding{{Code: lifecycle.OwnerShared, Message: "Several."}}
				}
				in := lifecycle.Input{Binding: b, Spec: &lifecycle.Spec{Access: "vpn"}, Prior: prior, Policies: []*lifecycle.Rules{rules}, Now: now}
				d, err := lifecycle.Decide(in)
				if err != nil {
					t.Fatal(err)
				}
				ahead, err := lifecycle.Outlook(in, &d.Grant, now.Add(Horizon(Usual())))
				if err != nil {
					t.Fatal(err)
				}
				a := Due(Question{Grant: &d.Grant, Binding: b, Ahead: ahead, Before: Usual(), Now: now})
				for _, n := range a.Due {
					got = append(got, fmt.Sprintf("%s %s", n.Name, strings.Join(n.To, " ")))
				}
				d.Grant.Memory.Notices = a.Told
				prior = &d.Grant
			}
			seen := slices.Clone(got)
			slices.Sort(seen)
			if len(got) == 0 || len(slices.Compact(seen)) != len(got) {
				t.Errorf("got %s", strings.Join(got, "\n"))
			}
			for _, n := range got {
				if !strings.Contains(n, "#vpn block 2030-02-") || !strings.HasSuffix(n, " hr/E-7") {
					t.Errorf("got %s", n)
				}
			}
			if want := map[time.Duration]int{day: 3, 5 * time.Hour: 3, 3 * day: 2, 12 * day: 2}[step]; len(got) != want {
				t.Errorf("%d notices, want %d: %s", len(got), want, strings.Join(got, "\n"))
			}
		})
	}
}

func TestWhatANoticeSays(t *testing.T) {
	for name, c := range map[string]struct {
		ahead         lifecycle.Ahead
		subject, text string
	}{
		"block":  {block(on(40)), "Access is blocked on 2030-02-10 unless somebody answers: aws/deploy, Billing (cmdb/APP-1)", `The access "aws/deploy" to Billing (cmdb/APP-1) is blocked on 2030-02-10.`},
		"lapse":  {lifecycle.Ahead{At: on(40), Becomes: lifecycle.Lapse}, "Access lapses from 2030-02-10: ", "works until its own expiry"},
		"revoke": {lifecycle.Ahead{At: on(40), Becomes: lifecycle.Revoke}, "Access is revoked on 2030-02-10: ", "is revoked on 2030-02-10."},
		"end":    {lifecycle.Ahead{At: on(40), Key: "g3"}, "Access ends on 2030-02-10: ", "its credential g3 expires then"},
	} {
		a := Due(Question{Grant: grantOf(), Binding: bindingOf(), Ahead: []lifecycle.Ahead{c.ahead}, Before: Usual(), Now: on(20)})
		if len(a.Due) != 1 {
			t.Fatalf("%s: got %+v", name, a)
		}
		n := a.Due[0]
		if !strings.HasPrefix(n.Subject, c.subject) || !strings.Contains(n.Text, c.text) || !strings.Contains(n.Text, "- owner.shared: Several owners are named.") {
			t.Errorf("%s: got %s\n%s", name, n.Subject, n.Text)
		}
		if n.Grant != "cmdb/APP-1#aws/deploy" || !n.EndsAt.Equal(on(40)) {
			t.Errorf("%s: got %+v", name, n)
		}
	}
}

func TestWhoIsTold(t *testing.T) {
	for _, c := range []struct {
		holder, successor, manager, lifecycleOwner string
		status                                     lifecycle.OwnerStatus
		asks                                       bool
		want                                       string
	}{
		{"hr/E-1", "", "hr/E-7", "team", lifecycle.PersonActive, false, "hr/E-1"},
		{"hr/E-1, hr/E-2", "", "hr/E-7", "team", lifecycle.PersonLeaving, false, "hr/E-1 hr/E-2"},
		{"hr/E-1", "hr/E-3", "hr/E-7", "team", lifecycle.PersonActive, true, "hr/E-3"},
		{"hr/E-1", "", "hr/E-7", "team", lifecycle.PersonActive, true, "hr/E-7"},
		{"hr/E-1", "", "", "team", lifecycle.PersonActive, true, "team"},
		{"hr/E-1", "", "", "", lifecycle.PersonActive, true, "hr/E-1"},
		{"hr/E-1", "", "hr/E-7", "", lifecycle.PersonLeft, false, "hr/E-7"},
		{"hr/E-1", "", "", "", lifecycle.PersonLeft, false, ""},
		{"", "", "", "", lifecycle.PersonUnknown, true, ""},
	} {
		b := &lifecycle.Binding{Holder: c.holder, Successor: c.successor, Manager: c.manager, LifecycleOwner: c.lifecycleOwner, OwnerStatus: c.status}
		if got := strings.Join(Responsible(b, c.asks), " "); got != c.want {
			t.Errorf("%+v: got %s", c, got)
		}
	}
}

// Names of assets and findings come from outside: no text may add a line to the
// subject, or be without bound.
func TestTextsFromOutsideAreBounded(t *testing.T) {
	g, b := grantOf(), bindingOf()
	g.Access = "a\r\nBcc: eve@example.org\x00\xff" + strings.Repeat("x", 5000)
	b.Name, b.Holder = "B\u2028C", "hr/E\n1"
	for range 100 {
		g.Reasons = append(g.Reasons, lifecycle.Reason{Code: lifecycle.OwnerShared, Message: strings.Repeat("é\r\n", 3000)})
	}
	n := Due(Question{Grant: g, Binding: b, Ahead: []lifecycle.Ahead{block(on(40))}, Before: Usual(), Now: on(20)}).Due[0]
	if strings.ContainsAny(n.Subject, "\r\n\x00\u2028") || len(n.Subject) > 200 || len(n.Name) > maxName || strings.ContainsAny(n.Name, "\r\n") {
		t.Errorf("subject %q, name %q", n.Subject, n.Name)
	}
	if strings.ContainsAny(n.Text, "\r\x00") || len(n.Text) > maxText+1 {
		t.Errorf("a text of %d bytes", len(n.Text))
	}
	for _, l := range strings.Split(n.Text, "\n") {
		if strings.HasPrefix(l, "Bcc:") || len(l) > maxLine+2000 {
			t.Errorf("line %.80q", l)
		}
	}
}
