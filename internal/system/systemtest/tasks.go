package systemtest

import (
	"context"
	"reflect"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// Tasks checks that a kind of system keeps the contract of the capability
// Tasks.
func Tasks(t *testing.T, h Harness) {
	seed := Seed{Tasks: map[string][]lifecycle.Task{
		"APP-1": {
			{ID: "17", Kind: lifecycle.TaskOffboarding, Due: endOf(day(2026, 5, 1)), URL: "https://desk.example.org/17"},
			{ID: "18", Kind: lifecycle.TaskDecommission},
		},
		"APP-2": {{ID: "19", Kind: lifecycle.TaskReassignment}},
	}}
	open := func(t *testing.T, m Make) system.Tasks {
		t.Helper()
		s, ok := system.AsTasks(m(t, seed))
		if !ok {
			t.Fatal("the system does not claim to read tasks")
		}
		return s
	}
	t.Run("present", func(t *testing.T) {
		s := open(t, h.Healthy)
		for asset, want := range seed.Tasks {
			if found, err := s.Tasks(t.Context(), asset); err != nil || !reflect.DeepEqual(found, want) {
				t.Errorf("Tasks(%q) = %+v, %v; want %+v", asset, found, err, want)
			}
		}
	})
	t.Run("absent", func(t *testing.T) {
		s := open(t, h.Healthy)
		for _, asset := range append([]string{"", "APP-3", "app-1"}, hostile...) {
			if found, err := s.Tasks(t.Context(), asset); err != nil || len(found) != 0 {
				t.Errorf("Tasks(%q) = %+v, %v; want none", asset, found, err)
			}
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		found, err := open(t, h.Healthy).Tasks(ctx, "APP-1")
		wantCancelled(t, len(found), err)
	})
	for name, broken := range h.Broken {
		t.Run("unavailable: "+name, func(t *testing.T) {
			s := open(t, broken)
			for _, asset := range []string{"APP-1", "APP-9"} {
				found, err := s.Tasks(t.Context(), asset)
				WantUnavailable(t, len(found), err)
			}
		})
	}
}
