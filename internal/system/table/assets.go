package table

import (
	"fmt"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// blockSize is the number of records that are allocated at a time. One slice
// that grows would leave more garbage than all records take.
const blockSize = 1024

// AssetIndex holds asset records and finds them by id.
type AssetIndex struct {
	words    *Words
	numbered bool
	pool     *pool
	labels   []string
	count    int
	blocks   [][]lifecycle.Record // without Source, which is built when asked for
	places   []place              // of the record with the same index
	first    map[string]int32     // the first record with an id
	last     map[string]int32     // the last one, for ids that occur more than once
	next     map[int32]int32      // the next record with the same id
}

// place is the position of a record.
type place struct{ label, line int32 }

// NewAssets returns an empty index.
func (w *Words) NewAssets() *AssetIndex {
	return &AssetIndex{
		words: w, numbered: w.Numbered, pool: newPool(),
		first: make(map[string]int32), last: make(map[string]int32), next: make(map[int32]int32),
	}
}

// Begin implements Index.
func (a *AssetIndex) Begin(label string) { a.labels = append(a.labels, label) }

// End implements Index.
func (a *AssetIndex) End(Bits) {}

// Done implements Index.
func (a *AssetIndex) Done() { a.pool = nil }

// Add implements Index.
func (a *AssetIndex) Add(l *Layout, r *Row) {
	id := r.cells[assetID].Text
	if id == "" {
		l.flaw(r, assetID, "an id is required")
	}
	rec := a.parse(l, r)
	if r.bad != 0 {
		return
	}
	rec.ID = strings.Clone(id)
	id = system.Composed(rec.ID)
	i := int32(a.count) //nolint:gosec // no reader gives as many rows
	if a.count%blockSize == 0 {
		a.blocks = append(a.blocks, make([]lifecycle.Record, 0, blockSize))
	}
	last := &a.blocks[len(a.blocks)-1]
	*last = append(*last, rec)
	a.count++
	a.places = append(a.places, place{label: int32(len(a.labels) - 1), line: int32(r.Line)}) //nolint:gosec // likewise
	first, known := a.first[id]
	if a.numbered {
		a.places[i].line = 1
	}
	if !known {
		a.first[id] = i
		return
	}
	previous, several := a.last[id]
	if !several {
		previous = first
	}
	a.next[previous], a.last[id] = i, i
	if a.numbered {
		a.places[i].line += a.places[previous].line
	}
}

func (a *AssetIndex) parse(l *Layout, r *Row) lifecycle.Record {
	text := func(f int) string { return a.pool.text(r.cells[f].Text) }
	rec := lifecycle.Record{
		Unread:      takeHidden(r), // before any of these cells is read
		Class:       text(assetClass),
		Name:        strings.Clone(r.cells[assetName].Text),
		Owners:      a.pool.list(&r.cells[assetOwner]),
		Purpose:     text(assetPurpose),
		Environment: text(assetEnvironment),
		Criticality: text(assetCriticality),
	}
	if word := r.cells[assetState].Text; word != "" {
		state, known := a.words.state(word)
		if rec.State = state; !known {
			rec.StateText = a.pool.text(word)
		}
	}
	if r.deleted {
		rec.State, rec.StateText = lifecycle.StateRetired, ""
	}
	rec.ThirdParty = l.truth(r, assetThirdParty)
	rec.Shared = l.truth(r, assetShared)
	rec.RetirementDate = l.date(r, assetRetirementDate)
	rec.VerifiedAt = l.date(r, assetVerifiedAt)
	rec.AssignedAt = l.date(r, assetAssignedAt)
	return rec
}

// Len returns the number of records.
func (a *AssetIndex) Len() int { return a.count }

// Record returns the i-th record with its place.
func (a *AssetIndex) Record(i int) lifecycle.Record {
	rec := a.blocks[i/blockSize][i%blockSize]
	rec.Source = recordSource(a.labels, a.places[i])
	return rec
}

// recordSource names the position of a record: a line of the source with the
// label, or only the source if there is no line.
func recordSource(labels []string, p place) string {
	if p.line == 0 {
		return labels[p.label]
	}
	return fmt.Sprintf("%s %d", labels[p.label], p.line)
}

// Find returns the records with the given id, in the order in which they came.
func (a *AssetIndex) Find(id string) []lifecycle.Record {
	i, ok := a.first[system.Composed(strings.TrimSpace(id))]
	var out []lifecycle.Record
	for ok {
		out = append(out, a.Record(int(i)))
		i, ok = a.next[i]
	}
	return out
}
