package lifecycle

import (
	"slices"
	"strconv"
	"strings"
)

// Key returns the key of the generation with the given number.
func Key(number int) string {
	if number > 0 && number < len(keys) {
		return keys[number]
	}
	return "g" + strconv.Itoa(number)
}

// ParseKey returns the number that a generation key carries. It accepts exactly
// what Key returns.
func ParseKey(s string) (int, bool) {
	digits, ok := strings.CutPrefix(s, "g")
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil && n > 0 && Key(n) == s
}

// keys keeps the common keys, so that a decision need not build them.
var keys = func() [64]string {
	var k [64]string
	for i := range k {
		k[i] = "g" + strconv.Itoa(i)
	}
	return k
}()

// Numbers returns the keys of the given generation numbers, in rising order.
func Numbers(numbers []int) []string {
	keys := make([]string, len(numbers))
	for i, n := range slices.Sorted(slices.Values(numbers)) {
		keys[i] = Key(n)
	}
	return keys
}
