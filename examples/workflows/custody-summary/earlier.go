package main

import (
	"encoding/json"
	"slices"
)

// earlier is a grant with each fact in an attribute of its own.
type earlier struct {
	Action      string `json:"action"`
	Rotation    string `json:"rotation"`
	EnforceFrom string `json:"enforce_from"`
	Reasons     []struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"reasons"`
	Conditions map[string]string `json:"conditions"`
	Binding    facts             `json:"binding"`

	Generations map[string]struct {
		State string `json:"state"`
	} `json:"generations"`
}

// readEarlier takes over what a grant holds in attributes of its own.
func readEarlier(data json.RawMessage, g *grant) error {
	if g.Binding.Facts != "" {
		return nil
	}
	e, err := decode[earlier](data)
	if err != nil || e == nil || e.Binding.Asset == "" {
		return err
	}
	g.facts = e.Binding
	g.memory.Action, g.memory.Rotation = e.Action, e.Rotation
	g.memory.EnforceFrom, g.memory.Conditions = e.EnforceFrom, e.Conditions
	for _, r := range e.Reasons {
		g.Because = append(g.Because, r.Code+": "+r.Message)
	}
	for key, one := range e.Generations {
		if one.State == "retiring" {
			g.memory.Retiring = append(g.memory.Retiring, key)
		}
	}
	slices.Sort(g.memory.Retiring)
	return nil
}
