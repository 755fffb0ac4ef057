package register

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// post queues messages about an event for each subject, in one transaction each.
func post(t testing.TB, r *Register, workspace string, destinations []string, subjects ...string) {
	t.Helper()
	for i, subject := range subjects {
		must(t, r.Record(t.Context(), run(workspace, "run-1"), func(tx *Tx) error {
			e, err := tx.Append(Draft{Kind: "grant.decided", Subject: subject})
			if err != nil {
				return err
			}
			return tx.Post(e, destinations, Message{Kind: "credential.revoked", Subject: subject, Body: fmt.Sprintf(`{"n": %d}`, i)})
		}))
	}
}

func claimed(t testing.TB, r *Register, workspace, id, destination string, now time.Time) []Message {
	t.Helper()
	out, err := r.ClaimMessages(t.Context(), run(workspace, id), Claim{Destination: destination, Most: 10, Now: now, Until: now.Add(time.Minute)})
	must(t, err)
	return out
}

func bodies(messages []Message) string {
	var out []string
	for _, m := range messages {
		out = append(out, m.Body)
	}
	return strings.Join(out, " ")
}

func delivered(t testing.TB, r *Register, m Message) (first bool) {
	t.Helper()
	must(t, r.Record(t.Context(), run(m.Workspace, "run-2"), func(tx *Tx) (err error) {
		first, err = tx.MarkDelivered(m)
		return err
	}))
	return first
}

// tells reports whether a message about a subject is news in a workspace.
func tells(t testing.TB, r *Register, workspace, subject, kind string) (news bool) {
	t.Helper()
	must(t, r.Record(t.Context(), run(workspace, "run-1"), func(tx *Tx) (err error) {
		if _, err = tx.Append(Draft{Kind: "grant.decided", Subject: subject}); err == nil {
			news, err = tx.Tell(subject, "device", kind)
		}
		return err
	}))
	return news
}

// What is told about a subject is news once, whatever workspace tells it, until something
// else is told.
func TestWhatIsToldIsNewsOnce(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		for i, step := range []struct {
			workspace, subject, kind string
			want                     bool
		}{
			{"dev", "a", "device.lost", true}, {"dev", "a", "device.lost", false}, {"prod", "a", "device.lost", false}, {"prod", "b", "device.lost", true},
			{"prod", "a", "device.back", true}, {"dev", "a", "device.back", false}, {"dev", "a", "device.lost", true}, {"prod", "b", "device.lost", false},
		} {
			if got := tells(t, r, step.workspace, step.subject, step.kind); got != step.want {
				t.Errorf("step %d, %+v: news is %t", i, step, got)
			}
		}
		stops := errors.New("stop")
		err := r.Record(t.Context(), run("dev", "run-1"), func(tx *Tx) error {
			_, err := tx.Tell("c", "device", "device.lost")
			return errors.Join(err, stops)
		})
		if !errors.Is(err, stops) || !tells(t, r, "prod", "c", "device.lost") {
			t.Errorf("%v: what was not recorded was told", err)
		}
		for _, wrong := range [][3]string{{"", "device", "device.lost"}, {"a", "", "device.lost"}, {"a", "device", "lost it"}} {
			if err := r.Record(t.Context(), run("dev", "run-1"), func(tx *Tx) error { _, err := tx.Tell(wrong[0], wrong[1], wrong[2]); return err }); err == nil {
				t.Errorf("%q is accepted", wrong)
			}
		}
	})
}

// Two workspaces that tell the same at the same time: the second one waits until the first
// one has ended.
func TestTwoWorkspacesTellOnce(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		tell := func(workspace, subject string, after func()) (news bool) {
			err := r.Record(t.Context(), run(workspace, "run-1"), func(tx *Tx) (err error) {
				if _, err = tx.Append(Draft{Kind: "grant.decided", Subject: subject}); err != nil {
					return err
				}
				news, err = tx.Tell(subject, "device", "device.lost")
				after()
				return err
			})
			if err != nil {
				t.Error(err)
			}
			return news
		}
		nothing := func() {}
		// The first one has told it, and has not ended when the second one begins.
		told, begun := make(chan struct{}), make(chan struct{})
		var first, second bool
		var all sync.WaitGroup
		all.Go(func() { first = tell("dev", "a", func() { close(told); <-begun }) })
		all.Go(func() {
			<-told
			close(begun) // on SQLite, the transaction does not begin before the other one ends
			second = tell("prod", "a", nothing)
		})
		all.Wait()
		if !first || second {
			t.Errorf("told by the first %t, by the second %t", first, second)
		}
		for i := range 20 {
			subject := fmt.Sprintf("b%d", i)
			news := make([]bool, 4)
			for w := range news {
				all.Go(func() { news[w] = tell(fmt.Sprintf("w%d", w), subject, nothing) })
			}
			all.Wait()
			if n := len(slices.DeleteFunc(news, func(is bool) bool { return !is })); n != 1 {
				t.Errorf("%s is told %d times", subject, n)
			}
		}
	})
}

func TestMessagesAreDeliveredInTheOrderOfTheirSubject(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		post(t, r, "prod", []string{"ssf", "web"}, "a", "b", "a", "a", "b")
		post(t, r, "dev", []string{"ssf"}, "a")
		first := claimed(t, r, "prod", "run-2", "ssf", start)
		if got := bodies(first); got != `{"n":0} {"n":1}` {
			t.Fatalf("got %s", got)
		}
		m := first[0]
		if m.ID == first[1].ID || len(m.ID) != 32 || m.Attempts != 1 || m.Kind != "credential.revoked" || m.Run != "run-1" || !m.QueuedAt.Equal(start) {
			t.Errorf("got %+v", m)
		}
		if got := bodies(claimed(t, r, "prod", "run-3", "ssf", start.Add(59*time.Second))); got != "" {
			t.Errorf("another run got %s, which is claimed", got)
		}
		other := claimed(t, r, "prod", "run-2", "web", start)
		if got := bodies(other); got != `{"n":0} {"n":1}` || other[0].ID != m.ID {
			t.Errorf("another destination got %s", got)
		}
		if !delivered(t, r, m) || delivered(t, r, m) {
			t.Error("it is recorded twice, or not")
		}
		must(t, r.MarkFailed(t.Context(), run("prod", "run-2"), first[1], "The receiver has failed."))
		must(t, r.MarkFailed(t.Context(), run("prod", "run-2"), m, "Late."))
		next := claimed(t, r, "prod", "run-3", "ssf", start)
		if got := bodies(next); got != `{"n":1} {"n":2}` || next[0].Attempts != 2 || next[0].Problem != "The receiver has failed." {
			t.Errorf("got %s: %+v", got, next)
		}
		waiting, err := r.Waiting(t.Context(), "prod")
		if err != nil || len(waiting) != 9 || slices.ContainsFunc(waiting, func(w Message) bool { return w.ID == m.ID && w.Destination == "ssf" }) {
			t.Errorf("got %+v, %v", waiting, err)
		}
		events := collect(t, r, "prod")
		if last := events[len(events)-1]; last.Kind != KindDelivered || last.Subject != "a" || !strings.Contains(last.Body, m.ID) || !strings.Contains(last.Body, `"of":1`) {
			t.Errorf("got %+v", last)
		}
		wantSound(t, r, "prod", 6)
	})
}

// A run that was killed while it delivered leaves a claim, which ends.
func TestAClaimEnds(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		post(t, r, "prod", []string{"web"}, "a")
		if got := len(claimed(t, r, "prod", "run-killed", "web", start)); got != 1 {
			t.Fatalf("got %d", got)
		}
		got := claimed(t, r, "prod", "run-2", "web", start.Add(time.Minute))
		if len(got) != 1 || got[0].Attempts != 2 {
			t.Errorf("got %+v", got)
		}
	})
}

func TestTwoRunsNeverClaimOneMessage(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		const subjects = 30
		for i := range subjects {
			post(t, r, "prod", []string{"web"}, fmt.Sprintf("s%02d", i))
		}
		var mu sync.Mutex
		seen := map[string]int{}
		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() {
				for {
					out, err := r.ClaimMessages(t.Context(), run("prod", fmt.Sprintf("run-%d", i)), Claim{Destination: "web", Most: 4, Now: start, Until: start.Add(time.Minute)})
					if err != nil {
						t.Error(err)
					}
					if len(out) == 0 {
						return
					}
					mu.Lock()
					for _, m := range out {
						seen[m.Subject]++
					}
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if len(seen) != subjects {
			t.Errorf("%d of %d were claimed", len(seen), subjects)
		}
		for subject, n := range seen {
			if n != 1 {
				t.Errorf("%s was claimed %d times", subject, n)
			}
		}
	})
}

// What is told of an event is written with the event or not at all.
func TestAMessageWithoutItsEventIsRefused(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		good := Message{Kind: "credential.revoked", Subject: "a", Body: "{}"}
		for name, c := range map[string]struct {
			event   func(e Event) Event
			to      string
			message Message
		}{
			"no event":       {func(Event) Event { return Event{} }, "web", good},
			"another's":      {func(e Event) Event { e.Workspace = "dev"; return e }, "web", good},
			"no destination": {nil, "", good},
			"no subject":     {nil, "web", Message{Kind: "a", Body: "{}"}},
			"no kind":        {nil, "web", Message{Subject: "a", Body: "{}"}},
			"no body":        {nil, "web", Message{Kind: "a", Subject: "a"}},
			"line break":     {nil, "w\nb", good},
		} {
			err := r.Record(t.Context(), run("prod", "run-1"), func(tx *Tx) error {
				e, err := tx.Append(Draft{Kind: "grant.decided", Subject: "a"})
				if err != nil {
					return err
				}
				if c.event != nil {
					e = c.event(e)
				}
				return tx.Post(e, []string{c.to}, c.message)
			})
			if err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		if waiting, err := r.Waiting(t.Context(), "prod"); err != nil || len(waiting) != 0 {
			t.Errorf("got %+v, %v", waiting, err)
		}
		wantSound(t, r, "prod", 0)
		if _, err := r.ClaimMessages(t.Context(), run("prod", "run-1"), Claim{Destination: "web"}); err == nil {
			t.Error("a claim without an end was accepted")
		}
		if r.MarkFailed(t.Context(), Run{}, good, "x") == nil {
			t.Error("a failure of no run was accepted")
		}
	})
}
