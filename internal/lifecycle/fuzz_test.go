package lifecycle_test

import (
	"reflect"
	"testing"

	. "github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// maxEvents and maxBytes bound a fuzzed history; what is longer finds little more
// and takes long to be made shorter.
const (
	maxEvents = 25
	maxBytes  = 150
)

// FuzzDecide lives the history that the bytes describe, and checks every law
// after every run.
func FuzzDecide(f *testing.F) {
	f.Add([]byte{})
	for seed := range uint64(20) {
		d := seeded(seed)
		loaded := make([]byte, 60+d.IntN(200))
		for i := range loaded {
			loaded[i] = byte(d.IntN(256))
		}
		f.Add(loaded)
	}
	f.Fuzz(func(t *testing.T, loaded []byte) {
		d := &byteSource{loaded[:min(len(loaded), maxBytes)]}
		w := newWorld(d)
		for range maxEvents {
			if len(d.bytes) == 0 {
				break
			}
			if err := w.event(d); err != nil {
				t.Fatalf("%v\n%s", err, w.story())
			}
		}
	})
}

// FuzzAssess assesses the facts that the bytes describe.
func FuzzAssess(f *testing.F) {
	f.Add([]byte{}, "ada", "in use")
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, `", "`, "\x00")
	f.Fuzz(func(t *testing.T, loaded []byte, owner, text string) {
		d := &byteSource{loaded}
		w := newWorld(d)
		for i := 0; i < maxEvents && len(d.bytes) > 0; i++ {
			w.happen(d)
		}
		w.record.StateText, w.record.Name, w.record.Class = text, text, pick(d, []string{text, w.record.Class})
		w.question.Declared.Owner = pick(d, []string{"", owner})
		w.question.Declared.Environment = pick(d, []string{"", text})
		if chance(d, 50) {
			w.record.Owners = append([]string{owner}, w.record.Owners...)
			w.people[owner] = &Person{Directory: "corp", ID: owner, Status: OwnerStatus(d.IntN(5)), Kind: OwnerKind(d.IntN(6))}
		}
		facts := w.facts()
		got := Assess(w.question, w.policies[0], facts, w.now)
		if err := checkBinding(&got); err != nil {
			t.Fatalf("%v\n%s", err, w.story())
		}
		again := Assess(w.question, w.policies[0], facts, w.now)
		if !reflect.DeepEqual(got, again) || got.Digest() != again.Digest() {
			t.Fatalf("the same facts give another binding:\n%+v\n%+v", got, again)
		}
	})
}
