package rest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// directoryIndex holds all entries that the lists show.
type directoryIndex struct {
	*rowIndex[*entry]
	byName map[string][]int // folded key -> places
}

func (r *directoryIndex) named(key string) []*entry {
	var out []*entry
	for _, i := range r.byName[system.Fold(key)] {
		out = append(out, r.entries[i])
	}
	return out
}

// all reads all lists, once a run.
func (k *catalog) all(ctx context.Context) (*directoryIndex, error) {
	return k.listed.Get(ctx, "", func(ctx context.Context) (*directoryIndex, error) {
		r, err := k.read(ctx, k.lists)
		if err == nil {
			err = k.readable(r)
		}
		if err == nil {
			err = k.counted(ctx, r)
		}
		return r, err
	})
}

// readable returns the fault of a list that shows only deleted entries, or of which
// no entry can be read: then the description does not fit. Otherwise an entry that
// cannot be read is an error only where it is needed.
func (k *catalog) readable(r *directoryIndex) error {
	isFlawed := func(e *entry) bool { return e.flaw != nil }
	here := slices.DeleteFunc(slices.Clone(r.entries), func(e *entry) bool { return e.deleted })
	switch flawed := slices.IndexFunc(here, isFlawed); {
	case len(here) == 0:
		return k.emptyFault()
	case flawed >= 0 && !slices.ContainsFunc(here, func(e *entry) bool { return e.flaw == nil }):
		return k.unreadable(here[flawed])
	}
	k.flawed.Store(slices.ContainsFunc(r.entries, isFlawed))
	return nil
}

// hidden reports whether the list may leave out what a look-up finds.
func (k *catalog) hidden() bool { return k.hides || k.flawed.Load() }

// unreadable returns the fault of an entry that cannot be read.
func (k *catalog) unreadable(e *entry) error {
	return k.client.Unusable(fmt.Sprintf("its entry %q cannot be read: %s", e.person.ID, e.flaw), adviceEntry)
}

// read reads lists.
func (k *catalog) read(ctx context.Context, lists []*listing) (*directoryIndex, error) {
	rows, err := gather(ctx, k.s, k.client, lists, func(l *listing, item any) (*entry, string, string, error) {
		e, err := k.entry(item)
		if err != nil {
			return nil, "", "", err
		}
		e.deleted = l.trash
		return e, e.person.ID, e.person.ID, nil
	})
	if err != nil {
		return nil, err
	}
	releaseDeletedKeys(rows.entries)
	r := &directoryIndex{rows, make(map[string][]int, len(rows.entries))}
	for i, e := range rows.entries {
		for _, key := range e.keys {
			key = system.Fold(key)
			if at := r.byName[key]; !slices.Contains(at, i) {
				r.byName[key] = append(at, i)
			}
		}
	}
	return r, nil
}

// releaseDeletedKeys removes the keys from deleted entries that an existing entry has:
// an address may be assigned again, and a look-up then finds its new holder.
func releaseDeletedKeys(entries []*entry) {
	held := make(map[string]bool)
	for _, e := range entries {
		for _, key := range e.keys {
			held[system.Fold(key)] = held[system.Fold(key)] || !e.deleted
		}
	}
	for _, e := range entries {
		if e.deleted {
			e.keys = slices.DeleteFunc(e.keys, func(key string) bool { return held[system.Fold(key)] })
		}
	}
}

// discarded returns the entries of the trash that a key names.
func (k *catalog) discarded(ctx context.Context, key string) ([]*entry, error) {
	if len(k.trash) == 0 {
		return nil, nil
	}
	r, err := k.deleted.Get(ctx, "", func(ctx context.Context) (*directoryIndex, error) { return k.read(ctx, k.trash) })
	if err != nil {
		return nil, err
	}
	return r.named(key), nil
}

// emptyFault returns the fault of a directory that shows no entry at all.
func (k *catalog) emptyFault() error {
	if k.team {
		return k.client.Unusable("it shows no team at all, so a missing team proves nothing",
			"Give the account the right to see all teams. If there are none, set what the description asks for to read people alone.")
	}
	return k.client.Unusable("it shows no person at all, so a missing person proves nothing", adviceRights)
}

// find returns the entries that a key names. An empty result is trusted only if
// every look-up that was used finds its existing entry; if one does not, or if no
// look-up can be used for the key, the list is used.
func (k *catalog) find(ctx context.Context, key string) ([]*entry, error) {
	found, certain, err := k.ask(ctx, key)
	if err != nil || len(found) > 0 {
		return found, err
	}
	if certain {
		return k.discarded(ctx, key)
	}
	all, err := k.all(ctx)
	if err != nil {
		return nil, err
	}
	if found = all.named(key); len(found) == 0 && k.hides {
		return nil, k.client.Unusable(fmt.Sprintf("it cannot be asked for %q safely, and its list may be incomplete", key), adviceFilter)
	}
	return found, nil
}

// ask looks a key up with single requests. It reports whether an empty result
// proves an absence: it does not if the key cannot be sent safely to a look-up
// that may find an entry by it.
func (k *catalog) ask(ctx context.Context, key string) (found []*entry, certain bool, err error) {
	var asked []int
	unasked := false
	for i, w := range k.ways {
		possible, safe, err := k.usableFor(w, key)
		if err != nil {
			return nil, false, err
		}
		if !possible || !safe {
			unasked = unasked || possible
			continue
		}
		asked = append(asked, i)
		for _, spelling := range spellings(key) {
			tried, err := k.try(ctx, w, spelling)
			if err != nil {
				return nil, false, err
			}
			if !tried.understood {
				return nil, false, nil
			}
			for _, e := range tried.found {
				if !slices.ContainsFunc(found, func(have *entry) bool { return have.person.ID == e.person.ID }) {
					found = append(found, e)
				}
			}
		}
	}
	if len(found) > 0 || len(asked) == 0 || unasked {
		return found, false, nil
	}
	// A few examples do not show how a system compares letters beyond ASCII, so the
	// list is used, if it is complete.
	if len(spellings(key)) > 1 && !k.hides {
		return nil, false, nil
	}
	for _, i := range asked {
		sound, err := k.proven(ctx, i)
		if err != nil || !sound {
			return nil, false, err
		}
	}
	return nil, true, nil
}

// spellings returns the spellings of a key in requests: letters beyond ASCII in
// either case and Unicode form, for systems that compare these differently from
// ASCII letters.
func spellings(key string) []string {
	if maskNonASCII(key) == system.Fold(key) {
		return []string{key}
	}
	var out []string
	for _, form := range system.Spellings(key) {
		for _, text := range []string{form, strings.ToLower(form), strings.ToUpper(form)} {
			if system.Fold(text) == system.Fold(key) && !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
	}
	return out
}

// usableFor decides whether a look-up is used for a key: whether it may find an entry
// by such a key, and whether the key can be sent safely.
func (k *catalog) usableFor(w *keyLookUp, key string) (possible, safe bool, err error) {
	possible, safe = true, key != "." && key != ".." // no path can name these
	variables := k.s.variables(key)
	if w.possible != nil {
		possible, err = w.possible.bool(variables)
	}
	if err == nil && possible && safe && w.askable != nil {
		safe, err = w.askable.bool(variables)
	}
	if err != nil {
		return false, false, k.client.Unusable(err.Error(), adviceDescription)
	}
	return possible, safe, nil
}

// errOthers says that a look-up found another entry: it did not understand the
// request.
var errOthers = errors.New("somebody else was found")

// lookUpAnswer is the answer of a look-up of a key.
type lookUpAnswer struct {
	found      []*entry        // entries that the key names
	others     map[string]bool // ids of the others that a wide look-up found
	understood bool            // no other entry was found, or only by a wide look-up
}

// try looks up a key with one look-up.
func (k *catalog) try(ctx context.Context, w *keyLookUp, key string) (lookUpAnswer, error) {
	var t lookUpAnswer
	take := func(item any) (string, error) {
		e, err := k.entry(item)
		switch {
		case err != nil:
			return "", err
		case e.named(key):
			t.found = append(t.found, e)
		case !w.wide && !similar(e, key):
			return "", &finalError{errOthers}
		default:
			t.others[e.person.ID] = true
		}
		return e.person.ID, nil
	}
	var err error
	t.others = make(map[string]bool)
	if w.search != nil {
		err = untilConsistent(k.client, func() error {
			t.found = nil
			return w.search.read(ctx, k.s, k.client, places(key), take)
		})
	} else {
		err = k.one(ctx, w, key, take)
	}
	if errors.Is(err, errOthers) {
		return lookUpAnswer{}, nil
	}
	t.understood = err == nil
	return t, err
}

// proves reports whether an answer shows that a look-up works: it found the known
// entry, and not also all others of the list's first page, as a look-up does that
// ignores the key.
func (t *lookUpAnswer) proves(known string, samples []sample) bool {
	if !t.understood || !slices.ContainsFunc(t.found, func(e *entry) bool { return e.person.ID == known }) {
		return false
	}
	return len(samples) == 1 || slices.ContainsFunc(samples, func(s sample) bool { return s.id != known && !t.others[s.id] })
}

// similar reports whether an entry has the key except for marks and accents
// that a database ignores. An entry with a similar key is another person.
func similar(e *entry, key string) bool {
	return slices.ContainsFunc(e.keys, func(have string) bool { return maskNonASCII(have) == maskNonASCII(key) })
}

// maskNonASCII returns what a database compares that ignores accents.
func maskNonASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r > '~' {
			return '?'
		}
		return r
	}, system.Fold(s))
}

// one uses a look-up whose answer is one item.
func (k *catalog) one(ctx context.Context, w *keyLookUp, key string, take func(any) (string, error)) error {
	a, item, err := k.s.ask(ctx, k.client, &w.get, key)
	if err != nil || item == nil {
		return err
	}
	if _, err := take(item); err != nil {
		if isFinal(err) {
			return err
		}
		return k.client.Malformed(a.response, err.Error())
	}
	return nil
}

// sample is an entry of the list's first page.
type sample struct {
	id   string
	item any
}

// shown returns the entries of the first page of the list, once a run. An empty list
// is an error, even if the list of deleted entries is not empty.
func (k *catalog) shown(ctx context.Context) ([]sample, error) {
	return k.samples.Get(ctx, "", func(ctx context.Context) ([]sample, error) {
		for _, l := range k.lists {
			if l.trash {
				continue
			}
			rows, err := l.first(ctx, k.s, k.client, samplesAsked)
			if err != nil {
				return nil, err
			}
			var out []sample
			for _, row := range rows {
				e, err := k.entry(row)
				if err != nil {
					return nil, k.client.Unusable("its list cannot be read: "+err.Error(), adviceDescription)
				}
				out = append(out, sample{e.person.ID, row})
			}
			if len(out) > 0 {
				return out, nil
			}
		}
		return nil, k.emptyFault()
	})
}

// samplesAsked is how many rows are requested to get an entry with which the
// look-ups can be tested.
const samplesAsked = 20

// proven reports whether a look-up finds a known entry by its key in the other
// case. It is tested once a run.
func (k *catalog) proven(ctx context.Context, place int) (bool, error) {
	w := k.ways[place]
	if w.by == nil {
		return false, nil
	}
	samples, err := k.shown(ctx)
	if err != nil {
		return false, err
	}
	return k.sound.Get(ctx, strconv.Itoa(place), func(ctx context.Context) (bool, error) {
		var unread error
		for _, known := range samples {
			variables := k.s.itemVariables(known.item, "")
			text, err := w.by.text(variables)
			if err != nil {
				unread = k.client.Unusable(err.Error(), adviceDescription)
				continue // another entry may have what this one lacks
			}
			key, ok := system.UsableKey(system.SwapCase(text))
			if !ok {
				continue
			}
			possible, safe, err := k.usableFor(w, key)
			if err != nil {
				return false, err
			}
			if !possible || !safe {
				continue
			}
			tried, err := k.try(ctx, w, key)
			return err == nil && tried.proves(known.id, samples), err
		}
		return false, unread
	})
}

// byID returns the entry with an id: nil if there is none.
func (k *catalog) byID(ctx context.Context, id string) (*entry, error) {
	found, err := k.find(ctx, id)
	return withID(found, id), err
}

// withID returns the entry with an id, in any case: nil if there is none.
func withID(entries []*entry, id string) *entry {
	for _, e := range entries {
		if system.Fold(e.person.ID) == system.Fold(id) {
			return e
		}
	}
	return nil
}

// price returns how many requests a look-up of a key takes.
func (k *catalog) price(key string) int {
	n := 0
	for _, w := range k.ways {
		if possible, safe, err := k.usableFor(w, key); err == nil && possible && safe {
			n += len(spellings(key))
		}
	}
	return n
}

// finalError is an error that is returned as it is, because it is not a defect
// of an answer.
type finalError struct{ error }

func (p *finalError) Unwrap() error { return p.error }

// isFinal reports whether an error of a row is to be returned as it is.
func isFinal(err error) bool {
	var told *inconsistentList
	var p *finalError
	return errors.As(err, &told) || errors.As(err, &p) || isFault(err)
}

// persons returns the persons of entries. All of them must be readable.
func (k *catalog) persons(entries []*entry) ([]lifecycle.Person, error) {
	var out []lifecycle.Person
	for _, e := range entries {
		if e.flaw != nil {
			return nil, k.unreadable(e)
		}
		out = append(out, e.person)
	}
	return out, nil
}
