package rest

import (
	"maps"
	"regexp"
	"slices"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// About is what a description says of itself for people.
type About struct {
	Title    string // the name of the product
	Text     string // a sentence or two
	Settings []Setting
	Secrets  []Secret

	Assets, Tasks, People, Reviews, Accounts bool // what it reads, and whether it holds reviews and switches accounts
}

// Setting is something that a description lets the user set.
type Setting struct {
	Name     string
	About    string
	Default  string
	Required bool // it has no default, and an empty text is not accepted
}

// Secret is a field of the configuration that proves who asks.
type Secret struct {
	Name     string // "token"; the environment variable is httpclient.Variable(system, Name)
	Optional bool   // some way to authenticate does without it
	Key      bool   // it is a private key, which signs who asks
}

// AboutOf returns what a description says of itself; settings and secrets are
// sorted by name. Its error is a *system.ConfigError.
func AboutOf(description string) (About, error) {
	c := &checker{config: &Config{}}
	d := c.read(description)
	if d == nil {
		return About{}, &system.ConfigError{Problems: c.problems}
	}
	out := About{Title: d.Title, Text: d.About, Secrets: secrets(d.Auth),
		Assets: d.Assets != nil, Tasks: d.Tasks != nil, People: d.People != nil, Reviews: d.Reviews != nil, Accounts: d.Accounts != nil}
	for _, name := range slices.Sorted(maps.Keys(d.Settings)) {
		s := d.Settings[name]
		out.Settings = append(out.Settings, Setting{Name: name, About: s.About, Default: s.Default, Required: s.required()})
	}
	return out, nil
}

// required reports whether the setting must be set.
func (s settingText) required() bool {
	if s.Default != "" || s.Pattern == "" {
		return false
	}
	pattern, err := regexp.Compile("^(?:" + s.Pattern + ")$")
	return err != nil || !pattern.MatchString("")
}

// secrets returns the fields of all ways to authenticate.
func secrets(ways []authText) []Secret {
	needed, keys := make(map[string]int), make(map[string]bool)
	for _, way := range ways {
		if way.Login != nil && way.Login.Assertion != nil {
			keys[way.Login.Assertion.Key] = true
		}
		for _, f := range way.Fields {
			needed[f]++
		}
		for _, f := range way.Optional {
			needed[f] += 0
		}
	}
	var out []Secret
	for _, name := range slices.Sorted(maps.Keys(needed)) {
		out = append(out, Secret{Name: name, Optional: needed[name] < len(ways), Key: keys[name]})
	}
	return out
}
