package lifecycle_test

import (
	"os"
	"slices"
	"strconv"
	"testing"
)

// history is a world's life: the seed of its beginning, then one for each event.
type history []uint64

func (h history) play() (*world, error) {
	w := newWorld(seeded(h[0]))
	for _, seed := range h[1:] {
		if err := w.event(seeded(seed)); err != nil {
			return w, err
		}
	}
	return w, nil
}

// event either changes something or lets time pass until the next run, after
// which every law is checked. Now and then the apply is refused.
func (w *world) event(d numberSource) error {
	if chance(d, 60) {
		w.happen(d)
		return nil
	}
	w.pass(d)
	w.look(d)
	before := w.prior
	err := w.run(d)
	if before != nil && w.issues && chance(d, 10) {
		w.refuse(before)
	}
	return err
}

// shrink leaves out events as long as the history still breaks some law.
func (h history) shrink() history {
	for i := 1; i < len(h); {
		shorter := slices.Delete(slices.Clone(h), i, i+1)
		if _, err := shorter.play(); err != nil {
			h, i = shorter, 1
		} else {
			i++
		}
	}
	return h
}

// TestLaws lives many random histories and checks every law after every run.
func TestLaws(t *testing.T) {
	histories, events := 10000, 30
	switch {
	case testing.Short():
		histories = 500 // under the race detector a history takes ten times as long
	case os.Getenv("CUSTODY_THOROUGH") != "":
		histories = 40000
	}
	const lanes = 4
	for lane := range lanes {
		t.Run(strconv.Itoa(lane), func(t *testing.T) {
			t.Parallel()
			for n := lane; n < histories; n += lanes {
				h := make(history, 1+events)
				for i := range h {
					h[i] = uint64(n*1000 + i)
				}
				if _, err := h.play(); err == nil {
					continue
				}
				h = h.shrink()
				w, err := h.play()
				t.Fatalf("%v\nshortest history %#v:\n%s", err, []uint64(h), w.story())
			}
		})
	}
}
