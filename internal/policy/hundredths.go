package policy

import (
	"fmt"
	"strconv"
	"strings"
)

// Hundredths is a number from 0 to 1 with at most two decimals, held exactly.
// It is a plain number in the document: 90 is written 0.9.
type Hundredths int

// ParseHundredths reads a number as it is written: "0.9", "0.90" and "1" are
// accepted; "90", "0.905", "-0.1" and "9e-1" are not.
func ParseHundredths(s string) (Hundredths, error) {
	whole, fraction, _ := strings.Cut(s, ".")
	fraction = strings.TrimRight(fraction, "0")
	digits := fraction + "00"
	n, err := strconv.ParseUint(whole+digits[:2], 10, 16)
	if err != nil || whole == "" || len(fraction) > 2 || n > 100 {
		return 0, fmt.Errorf("%s is not accepted; use a number from 0 to 1 with at most two decimals, for instance 0.9", s)
	}
	return Hundredths(n), nil
}

// HundredthsOf reads a floating-point number that was written with at most two
// decimals.
func HundredthsOf(f float64) (Hundredths, error) {
	return ParseHundredths(strconv.FormatFloat(f, 'f', -1, 64))
}

func (h Hundredths) String() string {
	return strconv.FormatFloat(float64(h)/100, 'f', -1, 64)
}

// MarshalJSON writes the number with as few digits as it needs.
func (h Hundredths) MarshalJSON() ([]byte, error) {
	return []byte(h.String()), nil
}
