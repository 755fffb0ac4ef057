package table

import "maps"

// Preset is what the exports of a tool need of a Mapping. A configuration overrides it
// field by field and word by word.
type Preset struct {
	Name        string
	Tables      map[string]PresetTable // by the names of the tables
	Empty       []string
	Entities    bool // texts are escaped for HTML: O&#039;Brien
	Durations   bool // a length of time such as 36 months counts as no date
	Dates       string
	DateFormats []string
	TimeZone    string
}

// PresetTable is the part of a Preset for one table.
type PresetTable struct {
	Columns  map[string]Column // by field
	States   map[string]string // the foreign word -> our state or status
	Suffixes map[string]string // the end of a foreign word -> our state
	Kinds    map[string]string // the foreign word -> our kind of owner
	OneOf    []string          // fields of which the export must have one
	Deleted  []string          // headers of which one is not empty if a record was deleted
}

// table returns the part for a table; there is none without a preset.
func (p *Preset) table(t *Table) PresetTable {
	if p == nil {
		return PresetTable{}
	}
	return p.Tables[t.Name]
}

// withPreset returns the mapping, completed by its preset.
func (m *Mapping) withPreset() *Mapping {
	p := m.Preset
	if p == nil {
		return m
	}
	out := *m
	out.States = under(p.table(Assets).States, m.States)
	out.PeopleStates = under(p.table(People).States, m.PeopleStates)
	out.TasksStates = under(p.table(Tasks).States, m.TasksStates)
	out.Kinds = under(p.table(People).Kinds, m.Kinds)
	if m.Dates == "" {
		out.Dates = p.Dates
	}
	if m.DateFormats == nil {
		out.DateFormats = p.DateFormats
	}
	if m.TimeZone == "" {
		out.TimeZone = p.TimeZone
	}
	return &out
}

// under returns the words of a preset, overridden by those that the configuration
// maps.
func under(preset, configured map[string]string) map[string]string {
	if len(preset) == 0 {
		return configured
	}
	out := make(map[string]string, len(preset)+len(configured))
	stated := folded(configured)
	for word, to := range preset {
		if !stated[FoldHeader(word)] {
			out[word] = to
		}
	}
	maps.Copy(out, configured)
	return out
}
