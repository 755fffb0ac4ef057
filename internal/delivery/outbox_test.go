package delivery

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/register"
)

// recorder is a destination that fails as it is told to.
type recorder struct {
	name string
	got  []string
	fail func(m *Message) error
}

func (r *recorder) Name() string           { return r.name }
func (r *recorder) Takes(kind string) bool { return (kind == KindNotice) == (r.name == "mail") }
func (r *recorder) Deliver(_ context.Context, m *Message) error {
	if r.fail != nil {
		if err := r.fail(m); err != nil {
			return err
		}
	}
	r.got = append(r.got, m.Subject+m.Body)
	return nil
}

func run(id string) register.Run { return register.Run{Workspace: "prod", ID: id, At: now} }

func openRegister(t testing.TB) *register.Register {
	t.Helper()
	r, err := register.Open(t.Context(), register.Config{Location: "sqlite:" + filepath.Join(t.TempDir(), "custody.db")})
	must(t, err)
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func queue(t testing.TB, r *register.Register, to string, subjects ...string) {
	t.Helper()
	for i, subject := range subjects {
		must(t, r.Record(t.Context(), run("run-1"), func(tx *register.Tx) error {
			e, err := tx.Append(register.Draft{Kind: "grant.decided", Subject: subject})
			if err != nil {
				return err
			}
			return tx.Post(e, []string{to}, register.Message{Kind: "sessions.ended", Subject: subject, Body: fmt.Sprint(i)})
		}))
	}
}

func TestWhatWaitsIsDeliveredInOrder(t *testing.T) {
	r := openRegister(t)
	queue(t, r, "web", "a", "b", "a", "c", "a", "b")
	web, other := &recorder{name: "web"}, &recorder{name: "other"}
	o := &Outbox{Register: r, Run: run("run-2"), Clock: clock.NewFake(now), Destinations: []Destination{web, other}}
	refused := errors.New("the receiver refused")
	web.fail = func(m *Message) error {
		if m.Subject == "b" {
			return &fault.Fault{Summary: "x", Happened: "It was refused.", Err: refused}
		}
		return nil
	}
	failures := o.Flush(t.Context())
	if len(failures) != 1 || failures[0].Destination != "web" || failures[0].Messages != 1 || !errors.Is(failures[0].Err, refused) {
		t.Errorf("got %+v", failures)
	}
	if got := strings.Join(web.got, " "); got != "a0 c3 a2 a4" {
		t.Errorf("got %s", got)
	}
	waiting, err := r.Waiting(t.Context(), "prod")
	if err != nil || len(waiting) != 2 || waiting[0].Problem != "It was refused." || waiting[0].Attempts != 1 || waiting[1].Attempts != 0 {
		t.Errorf("got %+v, %v", waiting, err)
	}
	web.fail, o.Run = nil, run("run-3")
	if failures := o.Flush(t.Context()); len(failures) != 0 {
		t.Errorf("got %+v", failures)
	}
	if failures := o.Flush(t.Context()); len(failures) != 0 || strings.Join(web.got, " ") != "a0 c3 a2 a4 b1 b5" || len(other.got) != 0 {
		t.Errorf("got %v, %+v", web.got, failures)
	}
	report, err := r.Verify(t.Context(), "prod", nil)
	if err != nil || report.Break != nil || report.Head.Sequence != 12 {
		t.Errorf("got %+v, %v", report, err)
	}
}

// A destination that does not answer is asked once a run: each request takes until the
// end of its time.
func TestADestinationThatIsDownIsAskedOnce(t *testing.T) {
	r := openRegister(t)
	var subjects []string
	for i := range 50 {
		subjects = append(subjects, fmt.Sprintf("s%d", i))
	}
	queue(t, r, "web", subjects...)
	asked := 0
	web := &recorder{name: "web", fail: func(*Message) error {
		asked++
		return &fault.Fault{Kind: fault.ErrUnavailable, Summary: "x", Happened: "It is down."}
	}}
	o := &Outbox{Register: r, Run: run("run-2"), Clock: clock.NewFake(now), Destinations: []Destination{web}}
	if failures := o.Flush(t.Context()); len(failures) != 1 || asked != 1 {
		t.Errorf("%d requests, got %+v", asked, failures)
	}
	web.fail = nil
	if failures := o.Flush(t.Context()); len(failures) != 0 || len(web.got) != 50 {
		t.Errorf("%d were delivered, got %+v", len(web.got), failures)
	}
}

func TestAnInterruptLeavesNothingClaimed(t *testing.T) {
	r := openRegister(t)
	queue(t, r, "web", "a", "b")
	ctx, cancel := context.WithCancel(t.Context())
	web := &recorder{name: "web", fail: func(*Message) error { cancel(); return ctx.Err() }}
	o := &Outbox{Register: r, Run: run("run-2"), Clock: clock.NewFake(now), Destinations: []Destination{web}}
	if failures := o.Flush(ctx); len(failures) != 1 || !errors.Is(failures[0].Err, context.Canceled) {
		t.Errorf("got %+v", failures)
	}
	web.fail = nil
	if failures := o.Flush(t.Context()); len(failures) != 0 || len(web.got) != 2 {
		t.Errorf("got %v, %+v", web.got, failures)
	}
}

// A run that was killed between sending and recording sends again, with the same id.
func TestWhatWasNotRecordedIsSentAgain(t *testing.T) {
	r := openRegister(t)
	queue(t, r, "web", "a")
	killed, err := r.ClaimMessages(t.Context(), run("run-killed"), register.Claim{Destination: "web", Most: 1, Now: now, Until: now.Add(lease)})
	must(t, err)
	var ids []string
	web := &recorder{name: "web", fail: func(m *Message) error { ids = append(ids, m.ID); return nil }}
	c := clock.NewFake(now)
	o := &Outbox{Register: r, Run: run("run-2"), Clock: c, Destinations: []Destination{web}}
	if o.Flush(t.Context()); len(ids) != 0 {
		t.Error("a claim was taken from a run that may be alive")
	}
	c.Advance(lease + time.Second)
	if o.Flush(t.Context()); len(ids) != 1 || ids[0] != killed[0].ID {
		t.Errorf("got %v, want %s", ids, killed[0].ID)
	}
}

func TestWithoutARegister(t *testing.T) {
	mail, web := &recorder{name: "mail"}, &recorder{name: "web"}
	all := []Destination{web, mail}
	if got := strings.Join(Names(all, KindNotice), " "); got != "mail" {
		t.Errorf("got %s", got)
	}
	if failures := Send(t.Context(), all, &Message{Kind: KindNotice, Subject: "a", Body: "1"}); len(failures) != 0 || len(mail.got) != 1 || len(web.got) != 0 {
		t.Errorf("got %+v, %v, %v", failures, mail.got, web.got)
	}
	mail.fail = func(*Message) error { return errors.New("refused") }
	if failures := Send(t.Context(), all, &Message{Kind: KindNotice}); len(failures) != 1 || failures[0].Destination != "mail" {
		t.Errorf("got %+v", failures)
	}
}
