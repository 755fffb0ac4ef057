package register

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var start = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// chain returns a sound chain of so many events.
func chain(t testing.TB, n int) []Event {
	t.Helper()
	head := Head{Workspace: "prod"}
	var out []Event
	for i := range n {
		e, err := head.next(Run{ID: "run-1", At: start.Add(time.Duration(i) * time.Minute)}, Draft{
			Kind: "grant.decided", Subject: fmt.Sprintf("cmdb/APP-%d#deploy", i),
			Body: fmt.Sprintf(`{"serial": %d, "action": "keep"}`, i),
		})
		if err != nil {
			t.Fatal(err)
		}
		out, head = append(out, e), e.head()
	}
	return out
}

// all returns the events one after the other.
func all(events []Event) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for _, e := range events {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func newKey(t testing.TB) (ed25519.PublicKey, ed25519.PrivateKey) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return public, private
}

func sign(t testing.TB, h Head, key ed25519.PrivateKey) Checkpoint {
	t.Helper()
	c, err := Sign(h, start, key)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// writtenAnew gives every event a hash and a predecessor that fit.
func writtenAnew(events []Event) []Event {
	head := Head{Workspace: "prod"}
	for i := range events {
		events[i].Sequence, events[i].Previous = head.Sequence+1, head.Hash
		events[i].Hash = events[i].sum()
		head = events[i].head()
	}
	return events
}

func TestChainBreaks(t *testing.T) {
	public, private := newKey(t)
	sound := chain(t, 6)
	marks := []Checkpoint{sign(t, sound[2].head(), private), sign(t, sound[5].head(), private)}
	for _, c := range []struct {
		name   string
		change func(e []Event) []Event
		at     int64
		cause  Cause
	}{
		{"nothing", func(e []Event) []Event { return e }, 0, ""},
		{"a body is changed", func(e []Event) []Event { e[3].Body = `{"serial":9}`; return e }, 4, Altered},
		{"an actor is changed", func(e []Event) []Event { e[0].Actor = "somebody"; return e }, 1, Altered},
		{"an instant is changed", func(e []Event) []Event { e[1].At = start; return e }, 2, Altered},
		{"a run is changed", func(e []Event) []Event { e[1].Run = "run-2"; return e }, 2, Altered},
		{"a kind is changed", func(e []Event) []Event { e[1].Kind = "grant.removed"; return e }, 2, Altered},
		{"a subject is changed", func(e []Event) []Event { e[1].Subject = "x"; return e }, 2, Altered},
		{"a body and its hash are changed", func(e []Event) []Event {
			e[3].Body = `{"serial":9}`
			e[3].Hash = e[3].sum()
			return e
		}, 5, Reordered},
		{"a body is no JSON", func(e []Event) []Event { e[5].Body = `{},"x":{}`; return writtenAnew(e) }, 6, Altered},
		{"a body is not in canonical form", func(e []Event) []Event { e[5].Body = `{ }`; return writtenAnew(e) }, 6, Altered},
		{"an instant is taken out", func(e []Event) []Event { e[5].At = time.Time{}; return writtenAnew(e) }, 6, Altered},
		{"one comes from another workspace", func(e []Event) []Event { e[1].Workspace = "dev"; return e }, 2, Altered},
		{"all are written anew from the fourth on", func(e []Event) []Event { e[3].Body = `{"serial":9}`; return writtenAnew(e) }, 6, Rewritten},
		{"all are written anew from the first on", func(e []Event) []Event { e[0].Body = `{"serial":9}`; return writtenAnew(e) }, 3, Rewritten},
		{"one in the middle is taken out", func(e []Event) []Event { return slices.Delete(e, 2, 3) }, 4, Missing},
		{"one is taken out and the rest written anew", func(e []Event) []Event { return writtenAnew(slices.Delete(e, 3, 4)) }, 6, Truncated},
		{"the first is taken out", func(e []Event) []Event { return e[1:] }, 2, Missing},
		{"two are exchanged", func(e []Event) []Event { e[3], e[4] = e[4], e[3]; return e }, 5, Missing},
		{"two are exchanged with their sequence", func(e []Event) []Event {
			e[3], e[4] = e[4], e[3]
			e[3].Sequence, e[4].Sequence = 4, 5
			return e
		}, 4, Altered},
		{"two are exchanged with their sequence and hashes", func(e []Event) []Event {
			e[3], e[4] = e[4], e[3]
			e[3].Sequence, e[4].Sequence = 4, 5
			e[3].Hash, e[4].Hash = e[3].sum(), e[4].sum()
			return e
		}, 4, Reordered},
		{"one comes twice", func(e []Event) []Event { return slices.Insert(e, 3, e[2]) }, 3, Reordered},
		{"the end is cut off", func(e []Event) []Event { return e[:5] }, 6, Truncated},
		{"all is cut off", func([]Event) []Event { return nil }, 6, Truncated},
	} {
		report, err := Verify("prod", all(c.change(slices.Clone(sound))), marks, public)
		if err != nil {
			t.Fatal(err)
		}
		if c.cause == "" {
			if report.Break != nil || report.Head != sound[5].head() || report.Proven != 6 {
				t.Errorf("%s: got %+v", c.name, report)
			}
			continue
		}
		if report.Break == nil || report.Break.Cause != c.cause || report.Break.Sequence != c.at {
			t.Errorf("%s: got %+v, want %s at %d", c.name, report.Break, c.cause, c.at)
		}
	}
}

// Without a checkpoint the end can be cut off unseen. The report says so.
func TestWithoutACheckpointNothingIsProven(t *testing.T) {
	events := chain(t, 3)
	report, err := Verify("prod", all(events[:2]), nil)
	if err != nil || report.Break != nil || report.Proven != 0 || report.Head.Sequence != 2 {
		t.Errorf("got %+v, %v", report, err)
	}
}

func TestCheckpoints(t *testing.T) {
	public, private := newKey(t)
	other, _ := newKey(t)
	events := chain(t, 3)
	good := sign(t, events[2].head(), private)
	verify := func(c Checkpoint, keys ...ed25519.PublicKey) Report {
		t.Helper()
		report, err := Verify("prod", all(events), []Checkpoint{c}, keys...)
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	if r := verify(good, other, public); r.Break != nil || r.Proven != 3 {
		t.Errorf("got %+v", r)
	}
	foreign := good
	foreign.Workspace = "dev"
	if r := verify(foreign, public); r.Break != nil || r.Proven != 0 {
		t.Errorf("the checkpoint of another workspace: got %+v", r)
	}
	for name, change := range map[string]func(c *Checkpoint){
		"sequence":  func(c *Checkpoint) { c.Sequence = 2 },
		"hash":      func(c *Checkpoint) { c.Hash = events[1].Hash },
		"instant":   func(c *Checkpoint) { c.At = c.At.Add(time.Second) },
		"key":       func(c *Checkpoint) { c.Key = KeyID(other) },
		"signature": func(c *Checkpoint) { c.Signature = good.Signature[4:] },
		"no base64": func(c *Checkpoint) { c.Signature = "?" },
	} {
		bad := good
		change(&bad)
		if r := verify(bad, public, other); r.Break == nil || r.Break.Cause != Unproven {
			t.Errorf("%s: got %+v", name, r)
		}
	}
	if r := verify(good); r.Break == nil || r.Break.Cause != Unproven {
		t.Errorf("without a key: got %+v", r)
	}

	if back, err := ParseCheckpoint(good.String()); err != nil || back != good {
		t.Errorf("got %+v, %v", back, err)
	}
	for _, text := range []string{
		"", "{}", good.String() + "{}", strings.Replace(good.String(), `"key"`, `"other"`, 1), strings.Repeat(" ", 9<<10) + good.String(),
		strings.Replace(good.String(), `"prod"`, `"pr\nod"`, 1),
	} {
		if c, err := ParseCheckpoint(text); err == nil {
			t.Errorf("%.60q: got %+v", text, c)
		}
	}
	if _, err := Sign(Head{Workspace: "prod"}, start, private); err == nil {
		t.Error("a workspace without events was signed")
	}
}

// The keys of the first test of RFC 8032, as OpenSSL writes them.
const (
	privatePEM = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n"
	publicPEM  = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n"
)

func TestKeys(t *testing.T) {
	private, err := ParseSigningKey(privatePEM)
	if err != nil {
		t.Fatal(err)
	}
	public, err := ParseVerifyingKey(publicPEM)
	if err != nil {
		t.Fatal(err)
	}
	if !public.Equal(private.Public()) {
		t.Error("the public key is not that of the private one")
	}
	const secret = "MC4CAQAwBQYDK2VwBCIEI"
	for _, text := range []string{"", publicPEM, secret, strings.Replace(privatePEM, "MC4", "MC5", 1)} {
		if _, err := ParseSigningKey(text); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: got %v", text, err)
		}
	}
	if _, err := ParseVerifyingKey(privatePEM); err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("got %v", err)
	}
}

// The hash can be computed without this program: sorted keys, no white space.
func TestTheHashIsOfTheCanonicalForm(t *testing.T) {
	for _, e := range chain(t, 3) {
		sum := sha256.Sum256([]byte(e.Signed()))
		if e.Hash != hex.EncodeToString(sum[:]) {
			t.Errorf("event %d: got %s", e.Sequence, e.Hash)
		}
		canonical, err := Canonical(e.Signed())
		if err != nil || canonical != e.Signed() {
			t.Errorf("%s is not canonical: %s, %v", e.Signed(), canonical, err)
		}
	}
	const want = `{"actor":"","at":"2030-01-02T03:04:05Z","body":{"action":"keep","serial":0},"kind":"grant.decided","previous":"",` +
		`"run":"run-1","sequence":1,"subject":"cmdb/APP-0#deploy","version":1,"workspace":"prod"}`
	if got := chain(t, 1)[0].Signed(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestDraftsAreChecked(t *testing.T) {
	good := Draft{Kind: "grant.decided", Subject: "a"}
	if e, err := (Head{Workspace: "prod"}).next(Run{ID: "r", At: start}, good); err != nil || e.Body != "{}" {
		t.Fatalf("got %+v, %v", e, err)
	}
	for name, change := range map[string]func(d *Draft){
		"no kind":      func(d *Draft) { d.Kind = "" },
		"kind":         func(d *Draft) { d.Kind = "Grant decided" },
		"end of kind":  func(d *Draft) { d.Kind = "grant." },
		"long kind":    func(d *Draft) { d.Kind = strings.Repeat("a", 65) },
		"no subject":   func(d *Draft) { d.Subject = "" },
		"line break":   func(d *Draft) { d.Subject = "a\nb" },
		"no UTF-8":     func(d *Draft) { d.Subject = "\xff" },
		"long subject": func(d *Draft) { d.Subject = strings.Repeat("a", maxName+1) },
		"body":         func(d *Draft) { d.Body = "{" },
	} {
		d := good
		change(&d)
		if e, err := (Head{Workspace: "prod"}).next(Run{ID: "r", At: start}, d); err == nil {
			t.Errorf("%s: got %+v", name, e)
		}
	}
}

func TestRunsAreChecked(t *testing.T) {
	good := Run{Workspace: "prod", ID: "run-1", Actor: "ci", At: start}
	if err := good.check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(r *Run){
		"no workspace":     func(r *Run) { r.Workspace = "" },
		"no run":           func(r *Run) { r.ID = "" },
		"no instant":       func(r *Run) { r.At = time.Time{} },
		"part of a second": func(r *Run) { r.At = start.Add(1) },
		"line break":       func(r *Run) { r.Workspace = "a\nb" },
		"no UTF-8":         func(r *Run) { r.Actor = "\xff" },
	} {
		r := good
		change(&r)
		if err := r.check(); err == nil {
			t.Errorf("%s: accepted %+v", name, r)
		}
	}
}

func TestCanonical(t *testing.T) {
	for text, want := range map[string]string{
		` { "b" : [ 1 , true , null , "x" ] , "a" : {} } `: `{"a":{},"b":[1,true,null,"x"]}`,
		`"\u00e9\u2028<&\/\"\\\u0007\n"`:                   `"é` + "\u2028" + `<&/\"\\\u0007\n"`,
		`-0`:                                               `0`,
		`9007199254740991`:                                 `9007199254740991`,
		"{\"\uffff\": 1, \"\U00010000\": 2}":               "{\"\U00010000\":2,\"\uffff\":1}", // in UTF-16, as the standard asks
		`[]`:                                               `[]`,
	} {
		if got, err := Canonical(text); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "{", "[1 2]", "1 2", `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, "1.5", "1e3", "9007199254740992", "\"\xff\"", `{a:1}`,
		strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1), `"` + strings.Repeat("a", MaxBody) + `"`,
	} {
		if got, err := Canonical(text); err == nil {
			t.Errorf("%.40q: got %.40q", text, got)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	f.Add(`{"b":[1,true,null,"x"],"a":{"c":"\u00e9\n"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		once, err := Canonical(text)
		if err != nil {
			return
		}
		twice, err := Canonical(once)
		if err != nil || twice != once {
			t.Fatalf("%q becomes %q and then %q, %v", text, once, twice, err)
		}
		var a, b any
		if json.Unmarshal([]byte(text), &a) != nil || json.Unmarshal([]byte(once), &b) != nil || !reflect.DeepEqual(a, b) {
			t.Fatalf("%q is not what %q says", once, text)
		}
	})
}

func FuzzParseCheckpoint(f *testing.F) {
	_, private := newKey(f)
	f.Add(sign(f, chain(f, 1)[0].head(), private).String())
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCheckpoint(text)
		if err != nil {
			return
		}
		if back, err := ParseCheckpoint(c.String()); err != nil || back.String() != c.String() {
			t.Fatalf("%q: got %v, %v", text, back, err)
		}
	})
}

// An error of what gives the events is none of the chain.
func TestEventsThatCannotBeRead(t *testing.T) {
	lost := errors.New("lost")
	_, err := Verify("prod", func(yield func(Event, error) bool) { yield(Event{}, lost) }, nil)
	if !errors.Is(err, lost) {
		t.Errorf("got %v", err)
	}
}
