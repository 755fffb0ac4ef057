package world

import (
	"fmt"
	"slices"
	"time"
)

// event changes the company. It returns nil if there is nobody and nothing that it
// could happen to.
type event struct {
	name   string
	weight int
	do     func(*World) *Change
}

var events = []event{
	{"joiner", 3, (*World).join},
	{"leaver", 5, func(w *World) *Change { return w.end(func(p *Person) { p.Status = Left }) }},
	{"last day", 2, func(w *World) *Change {
		return w.end(func(p *Person) { p.EndDate = w.now.AddDate(0, 0, -3).Truncate(24 * time.Hour) })
	}},
	{"entry deleted", 1, func(w *World) *Change { return w.end(func(p *Person) { p.Gone = true }) }},
	{"entry of a leaver deleted", 1, (*World).tidy},
	{"suspension", 2, func(w *World) *Change { return w.end(func(p *Person) { p.Status = Suspended }) }},
	{"return", 2, (*World).comeBack},
	{"new manager", 1, (*World).move},
	{"laptop handed over", 3, func(w *World) *Change { return w.handOver(Laptops) }},
	{"application handed over", 3, func(w *World) *Change { return w.handOver(Applications) }},
	{"loss", 3, func(w *World) *Change { return w.restate(InService, Lost) }},
	{"retirement", 3, func(w *World) *Change { return w.restate(InService, Retired) }},
	{"record edited back", 2, func(w *World) *Change { return w.restate(Lost, InService) }},
	{"second holder", 2, (*World).share},
	{"holder removed", 2, (*World).abandon},
	{"holder named again", 2, (*World).clear},
	{"task", 2, (*World).task},
	{"account enabled by hand", 2, (*World).unlock},
}

// Next lets one thing happen.
func (w *World) Next() Change {
	total := 0
	for _, e := range events {
		total += e.weight
	}
	for {
		n := w.random.IntN(total)
		for _, e := range events {
			if n -= e.weight; n >= 0 {
				continue
			}
			if c := e.do(w); c != nil {
				c.Event = e.name + ": " + c.Event
				return *c
			}
			break
		}
	}
}

func (w *World) join() *Change {
	p := w.hire()
	assets := []*Asset{w.addAsset(Laptops, p.Username), w.addUserAccount(p)}
	return &Change{Event: p.Username, Person: p, Assets: assets, NewAccount: p.Username}
}

// end makes somebody who works here somebody who does not. The first few are managers
// and stay.
func (w *World) end(how func(*Person)) *Change {
	p := w.somebody(func(p *Person) bool { return p.Works() && !slices.Contains(w.People[:min(3, len(w.People))], p) })
	if p == nil {
		return nil
	}
	how(p)
	return &Change{Event: p.Username, Person: p}
}

func (w *World) tidy() *Change {
	p := w.somebody(func(p *Person) bool { return p.Status == Left && !p.Gone })
	if p == nil {
		return nil
	}
	p.Gone = true
	return &Change{Event: p.Username, Person: p}
}

func (w *World) comeBack() *Change {
	p := w.somebody(func(p *Person) bool { return p.Status == Suspended && !p.Gone })
	if p == nil {
		return nil
	}
	p.Status = Active
	return &Change{Event: p.Username, Person: p}
}

func (w *World) move() *Change {
	p := w.somebody(func(p *Person) bool { return p.Works() && p.Manager != "" })
	if p == nil {
		return nil
	}
	p.Manager = w.anyone().ID()
	return &Change{Event: p.Username, Person: p}
}

func (w *World) handOver(catalog string) *Change {
	a := w.something(func(a *Asset) bool { return a.Catalog == catalog && a.Status == InService })
	if a == nil {
		return nil
	}
	before := a.Holders
	a.Holders = []string{w.anyone().Username}
	return &Change{Event: fmt.Sprintf("%s from %v to %v", a.Name, before, a.Holders), Assets: []*Asset{a}}
}

func (w *World) restate(from, to string) *Change {
	a := w.something(func(a *Asset) bool { return a.Status == from })
	if a == nil {
		return nil
	}
	a.Status = to
	return &Change{Event: a.Name, Assets: []*Asset{a}}
}

func (w *World) share() *Change {
	a := w.something(func(a *Asset) bool { return a.Catalog == Laptops && a.Status == InService && len(a.Holders) == 1 })
	other := w.anyone()
	if a == nil || slices.Contains(a.Holders, other.Username) {
		return nil
	}
	a.Holders = append(slices.Clone(a.Holders), other.Username)
	return &Change{Event: a.Name + " is also held by " + other.Username, Assets: []*Asset{a}}
}

func (w *World) abandon() *Change {
	a := w.something(func(a *Asset) bool { return a.Catalog != UserAccounts && a.Status == InService && len(a.Holders) == 1 })
	if a == nil {
		return nil
	}
	a.Holders = nil
	return &Change{Event: a.Name, Assets: []*Asset{a}}
}

// clear gives an asset that nobody or several people hold one holder again.
func (w *World) clear() *Change {
	a := w.something(func(a *Asset) bool { return len(a.Holders) != 1 && a.Status == InService })
	if a == nil {
		return nil
	}
	a.Holders = []string{w.anyone().Username}
	return &Change{Event: a.Name + " is held by " + a.Holders[0], Assets: []*Asset{a}}
}

func (w *World) task() *Change {
	a := w.something(func(a *Asset) bool { return a.Tasks == 0 && a.Status == InService })
	if a == nil {
		return nil
	}
	a.Tasks++
	return &Change{Event: a.Name, Assets: []*Asset{a}}
}

// unlock enables the account of somebody who does not work here any more.
func (w *World) unlock() *Change {
	p := w.somebody(func(p *Person) bool { _, ok := w.Accounts[p.Username]; return ok && !p.Works() })
	if p == nil {
		return nil
	}
	return &Change{Event: p.Username, Unlocked: p.Username}
}
