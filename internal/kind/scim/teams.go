package scim

import (
	"context"
	"fmt"
	"slices"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// teamsByMember returns the groups that list a user or group, by its id.
func (s *System) teamsByMember(ctx context.Context) (map[string][]string, error) {
	return s.teamsOf.Get(ctx, "", func(ctx context.Context) (map[string][]string, error) {
		all, err := s.groups.list(ctx)
		if err != nil {
			return nil, err
		}
		if len(all.entries) > 0 && !slices.ContainsFunc(all.entries, func(group *entry) bool { return len(group.members) > 0 }) {
			return nil, s.client.Unusable("none of its groups shows a member, so the teams of users are unknown", adviceMembers)
		}
		return byMember(all.entries), nil
	})
}

// byMember returns the ids of the groups that list a user or a group, by its id.
func byMember(groups []*entry) map[string][]string {
	out := make(map[string][]string)
	for _, group := range groups {
		for _, m := range group.members {
			out[m.id] = append(out[m.id], group.person.ID)
		}
	}
	for id := range out {
		slices.Sort(out[id])
		out[id] = slices.Compact(out[id])
	}
	return out
}

// teamsByTeam returns the groups that a group is in. Where the list leaves those
// out, every group is read at its address.
func (s *System) teamsByTeam(ctx context.Context, listed map[string][]string) (map[string][]string, error) {
	if shown, err := s.listShowsNested(ctx); err != nil || shown {
		return listed, err
	}
	return s.outer.Get(ctx, "", func(ctx context.Context) (map[string][]string, error) {
		all, err := s.groups.list(ctx)
		if err != nil {
			return nil, err
		}
		if len(all.entries) > mostTeams {
			return nil, s.client.Unusable(fmt.Sprintf("its list of groups leaves out the groups inside a group, and there are more than %d to be read one by one", mostTeams), adviceMembers)
		}
		groups, err := system.Gather(ctx, parallel, all.entries, func(ctx context.Context, e *entry) (*entry, error) {
			group, err := s.group(ctx, e.id)
			if err == nil && group == nil {
				err = s.client.Unusable("the group "+quote(e.id)+" disappeared while its members were read", adviceList)
			}
			return group, err
		})
		return byMember(groups), err
	})
}

// nests reports whether a list of groups shows a group inside another.
func nests(groups *entryIndex) bool {
	return slices.ContainsFunc(groups.entries, func(group *entry) bool {
		return slices.ContainsFunc(group.members, func(m member) bool { return m.team == yes || m.team == perhaps && groups.byID[m.id] != nil })
	})
}

// mostCompared is how many groups are read at their addresses to see whether the
// list shows all that is in them.
const mostCompared = 8

// listShowsNested reports whether the list of groups shows the groups inside a
// group. If it shows none, some groups are read at their addresses as well, first
// those that it shows empty: nothing but groups may be in them.
func (s *System) listShowsNested(ctx context.Context) (bool, error) {
	return s.nested.Get(ctx, "", func(ctx context.Context) (bool, error) {
		all, err := s.groups.list(ctx)
		if err != nil || nests(all) {
			return err == nil, err
		}
		sample := slices.Clone(all.entries)
		slices.SortStableFunc(sample, func(a, b *entry) int { return min(len(a.members), 1) - min(len(b.members), 1) })
		for _, listed := range sample[:min(len(sample), mostCompared)] {
			e, ok, err := s.groups.one(ctx, listed.id)
			if err != nil {
				return false, err
			}
			if !ok || e == nil || len(e.members) != len(listed.members) {
				return false, nil
			}
		}
		return true, nil
	})
}
