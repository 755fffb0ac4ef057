package file

import (
	"fmt"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// blockSize is the number of records that are allocated at a time. One slice
// that grows would leave more garbage than all records take.
const blockSize = 1024

// assetShelf holds the asset records of all files and finds them by id.
type assetShelf struct {
	states map[string]lifecycle.State
	pool   *pool
	files  []string
	count  int
	blocks [][]lifecycle.Record // without Source, which is built when asked for
	places []place              // of the record with the same index
	first  map[string]int32     // the first record with an id
	last   map[string]int32     // the last one, for ids that occur more than once
	next   map[int32]int32      // the next record with the same id
}

// place says where a record stands.
type place struct{ file, line int32 }

func newAssetShelf(s *System) *assetShelf {
	return &assetShelf{
		states: s.states, pool: newPool(),
		first: make(map[string]int32), last: make(map[string]int32), next: make(map[int32]int32),
	}
}

func (a *assetShelf) begin(file string) { a.files = append(a.files, file) }

func (a *assetShelf) end(bits) {}

func (a *assetShelf) done() { a.pool = nil }

func (a *assetShelf) add(l *layout, r *row) error {
	id := r.cells[assetID].text
	if id == "" {
		return l.flawIn(r, assetID, "an id is required")
	}
	rec, err := a.parse(l, r)
	if err != nil {
		return err
	}
	rec.ID = strings.Clone(id)
	i := int32(a.count) //nolint:gosec // a file of 256 MiB holds fewer rows
	if a.count%blockSize == 0 {
		a.blocks = append(a.blocks, make([]lifecycle.Record, 0, blockSize))
	}
	last := &a.blocks[len(a.blocks)-1]
	*last = append(*last, rec)
	a.count++
	a.places = append(a.places, place{file: int32(len(a.files) - 1), line: int32(r.line)}) //nolint:gosec // likewise
	first, known := a.first[id]
	if !known {
		a.first[rec.ID] = i
		return nil
	}
	previous, several := a.last[id]
	if !several {
		previous = first
	}
	a.next[previous], a.last[rec.ID] = i, i
	return nil
}

func (a *assetShelf) parse(l *layout, r *row) (lifecycle.Record, error) {
	text := func(f int) string { return a.pool.text(r.cells[f].text) }
	rec := lifecycle.Record{
		Class:       text(assetClass),
		Name:        strings.Clone(r.cells[assetName].text),
		Owners:      a.pool.list(&r.cells[assetOwner]),
		Purpose:     text(assetPurpose),
		Environment: text(assetEnvironment),
		Criticality: text(assetCriticality),
	}
	if word := r.cells[assetState].text; word != "" {
		state, known := a.states[system.Fold(word)]
		if rec.State = state; !known {
			rec.StateText = text(assetState)
		}
	}
	for _, b := range []struct {
		field int
		to    *lifecycle.Tristate
	}{{assetThirdParty, &rec.ThirdParty}, {assetShared, &rec.Shared}} {
		var err error
		if *b.to, err = parseBool(r.cells[b.field].text); err != nil {
			return rec, l.flawIn(r, b.field, err.Error())
		}
	}
	for _, d := range []struct {
		field int
		to    *time.Time
		end   bool
	}{
		{assetRetirementDate, &rec.RetirementDate, true},
		{assetVerifiedAt, &rec.VerifiedAt, false},
		{assetAssignedAt, &rec.AssignedAt, false},
	} {
		var err error
		if *d.to, err = parseDate(r.cells[d.field].text, d.end); err != nil {
			return rec, l.flawIn(r, d.field, err.Error())
		}
	}
	return rec, nil
}

// record returns the i-th record with its place.
func (a *assetShelf) record(i int) lifecycle.Record {
	rec := a.blocks[i/blockSize][i%blockSize]
	rec.Source = whereabouts(a.files, a.places[i])
	return rec
}

func whereabouts(files []string, p place) string {
	return fmt.Sprintf("%s line %d", files[p.file], p.line)
}

// find returns the records with the given id.
func (a *assetShelf) find(id string) []lifecycle.Record {
	i, ok := a.first[strings.TrimSpace(id)]
	var out []lifecycle.Record
	for ok {
		out = append(out, a.record(int(i)))
		i, ok = a.next[i]
	}
	return out
}
