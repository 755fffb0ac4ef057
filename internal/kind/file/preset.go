package file

import (
	"embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

const attributePreset = "preset"

//go:embed presets/*.yaml
var presetFiles embed.FS

// presets are the presets that come with the provider, by name: one file each.
var presets = sync.OnceValue(func() map[string]preset {
	entries, err := presetFiles.ReadDir("presets")
	if err != nil {
		panic("file: " + err.Error()) // they are embedded
	}
	out := make(map[string]preset, len(entries))
	for _, entry := range entries {
		text, err := presetFiles.ReadFile("presets/" + entry.Name())
		if err != nil {
			panic("file: " + err.Error())
		}
		name := strings.TrimSuffix(entry.Name(), ".yaml")
		p, err := readPreset(name, text)
		if err != nil {
			panic("file: the preset " + name + ": " + err.Error()) // every preset is read in the tests
		}
		out[name] = p
	}
	return out
})

// Presets lists the names of the presets.
func Presets() []string { return slices.Sorted(maps.Keys(presets())) }

// preset is a preset with its texts for the documentation.
type preset struct {
	Title  string        `yaml:"title"`
	Export string        `yaml:"export"`
	Assets *presetTable  `yaml:"assets"`
	People *presetTable  `yaml:"people"`
	Empty  []string      `yaml:"empty"`
	HTML   bool          `yaml:"html_entities"`
	Spans  bool          `yaml:"durations"`
	words  *table.Preset // the mapping of the preset
}

// presetTable is the part of a preset for assets or people.
type presetTable struct {
	Columns  map[string]presetColumn `yaml:"columns"`
	Required []string                `yaml:"required"`
	Fixed    map[string]string       `yaml:"fixed"`
	States   map[string]string       `yaml:"states"`
	Suffixes map[string]string       `yaml:"suffixes"`
	Kinds    map[string]string       `yaml:"kinds"`
	OneOf    []string                `yaml:"one_of"`
	Deleted  []string                `yaml:"deleted"`
}

// presetColumn is a header, a list of headers that make the value together, or
// {any: […]}, of which the first that is not empty is used.
type presetColumn struct {
	headers []string
	joined  bool
}

// UnmarshalYAML implements the interface of the YAML library.
func (c *presetColumn) UnmarshalYAML(unmarshal func(any) error) error {
	var one string
	if unmarshal(&one) == nil {
		c.headers = []string{one}
		return nil
	}
	if unmarshal(&c.headers) == nil {
		c.joined = true
		return nil
	}
	var either struct {
		Any []string `yaml:"any"`
	}
	err := unmarshal(&either)
	c.headers = either.Any
	return err
}

func readPreset(name string, text []byte) (preset, error) {
	var p preset
	if err := yaml.UnmarshalWithOptions(text, &p, yaml.DisallowUnknownField()); err != nil {
		return p, err
	}
	p.words = &table.Preset{Name: name, Empty: p.Empty, Entities: p.HTML, Durations: p.Spans, Tables: make(map[string]table.PresetTable)}
	for of, part := range map[string]*presetTable{table.NameAssets: p.Assets, table.NamePeople: p.People} {
		if part != nil {
			p.words.Tables[of] = part.table("the preset " + name)
		}
	}
	if len(p.words.Tables) == 0 || p.Title == "" || p.Export == "" {
		return p, errors.New("it lacks a title, an export or a table")
	}
	return p, nil
}

func (p *presetTable) table(from string) table.PresetTable {
	out := table.PresetTable{Columns: make(map[string]table.Column), States: p.States, Suffixes: p.Suffixes, Kinds: p.Kinds, OneOf: p.OneOf, Deleted: p.Deleted}
	for field, c := range p.Columns {
		out.Columns[field] = table.Column{
			Headers: c.headers, Joined: c.joined, Required: slices.Contains(p.Required, field), Fixed: p.Fixed[field], From: from,
		}
	}
	for field, text := range p.Fixed {
		if _, named := out.Columns[field]; !named {
			out.Columns[field] = table.Column{Headers: []string{field}, Fixed: text, From: from}
		}
	}
	return out
}

// checkPreset puts the preset that the configuration names into its mapping, or says
// what is wrong with it.
func (c *Config) checkPreset() []system.Problem {
	if c.Preset == "" {
		return nil
	}
	p, known := presets()[c.Preset]
	if !known {
		return []system.Problem{{Attribute: attributePreset, Message: fmt.Sprintf(
			"%s is not a preset. Accepted: %s.", table.Quote(c.Preset), strings.Join(Presets(), ", "))}}
	}
	var out []system.Problem
	for _, name := range []string{table.NameAssets, table.NamePeople, table.NameTasks} {
		if _, covered := p.words.Tables[name]; c.pattern(name) != "" && !covered {
			out = append(out, system.Problem{Attribute: attributePreset, Message: fmt.Sprintf(
				"The preset %s reads an export of %s, not of %s. Put %s into another system, without the preset.",
				c.Preset, strings.Join(slices.Sorted(maps.Keys(p.words.Tables)), " and "), name, name)})
		}
	}
	c.Mapping.Preset = p.words
	return out
}
