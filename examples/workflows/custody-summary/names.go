package main

import (
	"cmp"
	"strings"
)

// names tells how people and assets are called, by their keys.
type names map[string]string

// learn takes over the names that facts tell.
func (n names) learn(f *facts) {
	n.all(f.Names)
	n.set(f.Asset, f.Name)
}

func (n names) all(of map[string]string) {
	for key, name := range of {
		n.set(key, name)
	}
}

func (n names) set(key, name string) {
	if key != "" && name != "" {
		n[key] = name
	}
}

// of writes a key with its name, as "Daniel Osei (hr/E-1012)". Several keys are joined
// by a comma, as those of several holders are.
func (n names) of(keys string) string {
	if keys == "" {
		return none
	}
	parts := strings.Split(keys, ", ")
	for i, key := range parts {
		if name := n[key]; name != "" && name != key {
			parts[i] = name + " (" + key + ")"
		}
	}
	return strings.Join(parts, ", ")
}

// manager returns the key under which the names know the manager that a directory
// gives, which may lack the directory of the holder.
func (n names) manager(f *facts) string {
	directory, _, found := strings.Cut(f.Holder, "/")
	if full := directory + "/" + f.Manager; found && f.Manager != "" && n[f.Manager] == "" && n[full] != "" {
		return full
	}
	return f.Manager
}

// bare returns the name alone, or the key where there is none.
func (n names) bare(key string) string { return cmp.Or(n[key], key) }
