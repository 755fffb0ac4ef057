package main

import "fmt"

// chart is a diagram of the days in which something falls due.
type chart struct {
	Label                    string
	Height, Floor            int
	Soon, Days               int
	Left, Right, Week, NoteX int
	Ticks                    []tick
	Dots                     []dot
	Legend                   []dot
}

// tick marks a day on the axis.
type tick struct {
	X, Top, Y, TextY int
	Text             string
}

// dot is an event.
type dot struct {
	X, Y       int
	Tone, Text string
}

// The measures of the diagram.
const (
	chartLeft = 20
	chartDay  = 31 // the width of a day
	dotHeight = 17
	dotsADay  = 8
)

// toneOfEvents are the colours of the kinds of events.
var toneOfEvents = map[string]string{
	endOfGeneration: "red", endOfException: "amber", endOfOwner: "red", endOfAsset: "red", enforcement: "blue", schedule: "grey",
}

// chartLegend says what the colours mean.
var chartLegend = []dot{
	{Tone: "red", Text: "a credential, an employment or an asset ends"}, {Tone: "amber", Text: "an exception ends"},
	{Tone: "blue", Text: "a policy is enforced"}, {Tone: "grey", Text: "the schedule: renewal, recertification, review"},
}

// chart draws the events as dots above their days, nil if there are none.
func (t *tally) chart() *chart {
	if len(t.events) == 0 {
		return nil
	}
	stacked, highest := map[int]int{}, 0
	c := &chart{Soon: soon, Days: later, Left: chartLeft, Right: chartLeft + chartDay*(later+1), Week: chartDay * soon, NoteX: chartLeft + 8, Legend: chartLegend}
	for _, v := range t.events {
		day := max(0, min(later, int(v.at.Sub(t.now).Hours()/24)))
		if stacked[day] == dotsADay {
			continue
		}
		stacked[day]++
		highest = max(highest, stacked[day])
		text := v.at.Format("2 Jan") + ": " + v.said() + ", " + t.assetOf(v.entry) + ", " + t.person(v.entry)
		c.Dots = append(c.Dots, dot{middleOf(day), -stacked[day] * dotHeight, toneOfEvents[v.kinds[0]], clean(text)})
	}
	c.Floor = 30 + highest*dotHeight
	c.Height = c.Floor + 28
	for i := range c.Dots {
		c.Dots[i].Y += c.Floor + dotHeight/4
	}
	for day := 0; day <= later; day += 5 {
		c.Ticks = append(c.Ticks, tick{middleOf(day), c.Floor, c.Floor + 5, c.Floor + 20, t.now.AddDate(0, 0, day).Format("2 Jan")})
	}
	c.Label = fmt.Sprintf("%d events within %d days. The table below lists them.", len(t.events), later)
	return c
}

func middleOf(day int) int { return chartLeft + day*chartDay + chartDay/2 }
