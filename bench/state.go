package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/inventory"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/file"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/binding"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

const stateFile = "terraform.tfstate"

// multiply turns the state of one instance of each resource into that of n. An
// apply of thousands would take hours, for the command line tool's own part of
// it grows with the square of their number.
func multiply(dir string, c contender, n int) error {
	path := filepath.Join(dir, stateFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	words := assetWords
	if c.name == nameCustody {
		at := time.Now()
		if strings.Contains(c.config, `"custody_grant"`) {
			if at, err = issuedAt(text); err != nil {
				return err
			}
		}
		if words, err = factWords(dir, at); err != nil {
			return err
		}
	}
	text, err = multiplied(text, n, words)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}

// multiplied copies every instance n times, and replaces in the copies the
// words of the first asset by those of the others.
func multiplied(state []byte, n int, words func(i int) ([]string, error)) ([]byte, error) {
	var top map[string]json.RawMessage
	if err := json.Unmarshal(state, &top); err != nil {
		return nil, err
	}
	var resources []map[string]json.RawMessage
	if err := json.Unmarshal(top["resources"], &resources); err != nil {
		return nil, err
	}
	replacers, err := replacers(n, words)
	if err != nil {
		return nil, err
	}
	for _, r := range resources {
		var instances []json.RawMessage
		if err := json.Unmarshal(r["instances"], &instances); err != nil {
			return nil, err
		}
		if len(instances) != 1 {
			return nil, fmt.Errorf("the state to multiply holds %d instances of a resource, not 1", len(instances))
		}
		first, copies := string(instances[0]), make([]json.RawMessage, n)
		for i := range copies {
			counted := strings.Replace(first, `"index_key": 0,`, fmt.Sprintf(`"index_key": %d,`, i), 1)
			copies[i] = json.RawMessage(replacers[i].Replace(counted))
		}
		if r["instances"], err = json.Marshal(copies); err != nil {
			return nil, err
		}
	}
	if top["resources"], err = json.Marshal(resources); err != nil {
		return nil, err
	}
	return json.Marshal(top)
}

func replacers(n int, words func(i int) ([]string, error)) ([]*strings.Replacer, error) {
	first, err := words(0)
	if err != nil {
		return nil, err
	}
	out := make([]*strings.Replacer, n)
	for i := range out {
		other, err := words(i)
		if err != nil {
			return nil, err
		}
		var pairs []string
		for k := range first {
			pairs = append(pairs, first[k], other[k])
		}
		out[i] = strings.NewReplacer(pairs...)
	}
	return out, nil
}

// assetWords is all that tells one asset from another where nothing is known of
// them but the id.
func assetWords(i int) ([]string, error) { return []string{assetID(i)}, nil }

// issuedAt returns the instant at which the one grant of a state was issued.
func issuedAt(state []byte) (time.Time, error) {
	_, rest, found := strings.Cut(string(state), `certified_at\":\"`)
	text, _, closed := strings.Cut(rest, `\"`)
	if !found || !closed {
		return time.Time{}, errors.New("no grant of the state says when it was issued")
	}
	return time.Parse(time.RFC3339, text)
}

// factWords assesses and decides as the provider does at an instant, and returns what
// tells one asset from another: its id, its holder with the keys, the digest, and when
// its grant changes next.
func factWords(dir string, now time.Time) (func(i int) ([]string, error), error) {
	s, err := file.New(file.Config{Name: "cmdb", Assets: filepath.Join(dir, "assets.csv"), People: filepath.Join(dir, "people.csv")})
	if err != nil {
		return nil, err
	}
	inv, err := inventory.New([]system.System{s}, nil)
	if err != nil {
		return nil, err
	}
	rules := policy.Baseline()
	return func(i int) ([]string, error) {
		q := lifecycle.Question{Asset: lifecycle.Ref{System: "cmdb", ID: assetID(i)}}
		facts, err := inv.Facts(context.Background(), q, rules)
		if err != nil {
			return nil, err
		}
		b := lifecycle.Assess(q, rules, facts, now)
		if len(b.Findings) > 0 {
			return nil, fmt.Errorf("asset %s should be healthy but has %v", q.Asset, b.Findings)
		}
		spec := &lifecycle.Spec{Access: custodyAccess}
		d, err := lifecycle.Decide(lifecycle.Input{Binding: &b, Spec: spec, Policies: []*lifecycle.Rules{rules}, Now: now})
		if err != nil {
			return nil, err
		}
		words := []string{assetID(i), b.Holder, b.Digest(), b.Digest()[:binding.DigestLength], d.Grant.NextChangeAt.Format(time.RFC3339)}
		for _, key := range b.OwnerKeys {
			words = append(words, key.Key)
		}
		for _, n := range b.Names {
			words = append(words, n.Name)
		}
		return words, nil
	}, nil
}
