package lifecycle

import "time"

// Numbered ids are placed by multiples of these irrational numbers, which fill a
// circle evenly however many follow one another; a hash leaves heaps.
const (
	goldenRatioStep = 0x9E3779B97F4A7C15 // (sqrt(5)-1)/2 of 2^64
	squareRootStep  = 0x6A09E667F3BCC909 // sqrt(2)-1 of 2^64
)

// place returns the position of an id on a circle of 2^64 steps: the same for the
// same id, and evenly spread over ids that differ by a number.
func place(id string) uint64 {
	const prime = 1099511628211
	position, hash := uint64(0), uint64(14695981039346656037)
	turn := uint64(goldenRatioStep)
	for i := 0; i < len(id); {
		if c := id[i]; c < '0' || c > '9' {
			hash = (hash ^ uint64(c)) * prime
			i++
			continue
		}
		var n uint64
		for ; i < len(id) && id[i] >= '0' && id[i] <= '9'; i++ {
			n = n*10 + uint64(id[i]-'0')
		}
		position += n * turn
		turn = squareRootStep
	}
	return position + mix(hash)
}

// mix spreads what differs in a few letters over all bits.
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xBF58476D1CE4E5B9
	h = (h ^ h>>27) * 0x94D049BB133111EB
	return h ^ h>>31
}

// share returns the grant's own part of a duration: less than all of it, the same
// in every run, and evenly spread over the grants of one apply.
func (e *evaluation) share(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	if !e.placed {
		e.place = place(e.binding.Asset.System) + place(e.spec.Access) + place(e.binding.Asset.ID)
		e.placed = true
	}
	return time.Duration(float64(d) * (float64(e.place>>11) / (1 << 53)))
}
