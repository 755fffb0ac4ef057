package policy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

func TestParseDuration(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"1s":        time.Second,
		"90d":       90 * day,
		"2w":        14 * day,
		"1w2d3h4m":  9*day + 3*time.Hour + 4*time.Minute,
		"1h30m":     90 * time.Minute,
		"1.5h":      90 * time.Minute,
		"1.5d":      36 * time.Hour,
		"0.5w":      84 * time.Hour,
		"1000ms":    time.Second,
		"30m1d":     day + 30*time.Minute,
		"3650d":     policy.MaxDuration,
		"87600h":    policy.MaxDuration,
		"0d1h":      time.Hour,
		"0.1d":      144 * time.Minute,
		"1d1d":      2 * day,
		"521w3d":    policy.MaxDuration,
		"0000001s":  time.Second,
		"1m0.5m30s": 2 * time.Minute,
	} {
		got, err := policy.ParseDuration(text)
		if err != nil || got != want {
			t.Errorf("ParseDuration(%q) = %s, %v; want %s", text, got, err, want)
			continue
		}
		if again, err := policy.ParseDuration(policy.FormatDuration(got)); err != nil || again != got {
			t.Errorf("%q was written %q and read back as %s, %v", text, policy.FormatDuration(got), again, err)
		}
	}
}

func TestParseDurationRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":            "is not a duration",
		" ":           "is not a duration",
		"90":          "is not a duration",
		"d":           "is not a duration",
		"-1d":         "is not a duration",
		"+1d":         "is not a duration",
		"1 d":         "is not a duration",
		"1y":          "is not a duration",
		"1D":          "is not a duration",
		"1..5h":       "is not a duration",
		"1d,2h":       "is not a duration",
		"0":           "is not a duration",
		"0s":          "is zero",
		"0w0d":        "is zero",
		"1ns":         "whole number of seconds",
		"1500ms":      "whole number of seconds",
		"0.00001d":    "whole number of seconds",
		"3650d1s":     "longer than 3650d",
		"87600h1s":    "longer than 3650d",
		"1000000000w": "longer than 3650d",
		"99999999h":   "longer than 3650d",
		"9223372036854775807ns9223372036854775807ns": "longer than 3650d",
		"100000000000000000000d":                     "longer than 3650d",
	} {
		got, err := policy.ParseDuration(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseDuration(%q) = %s, %v; want an error that says %q", text, got, err, want)
		}
	}
}

func TestFormatDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                          "0s",
		time.Second:                "1s",
		36 * time.Hour:             "1d12h",
		14 * 24 * time.Hour:        "14d",
		90*time.Minute + 1e9:       "1h30m1s",
		-time.Hour:                 "-1h",
		policy.MaxDuration:         "3650d",
		policy.MaxDuration - 1e9:   "3649d23h59m59s",
		24*time.Hour + time.Minute: "1d1m",
	} {
		if got := policy.FormatDuration(d); got != want {
			t.Errorf("FormatDuration(%d) = %q, want %q", d, got, want)
		}
	}
}

func FuzzDuration(f *testing.F) {
	for _, s := range []string{"90d", "1w2d3h4m5s", "1.5h", "0.1d", "1000ms", "3650d", "-1h", "9223372036854775807ns", "1e9h", "µs"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := policy.ParseDuration(s)
		if err != nil {
			return
		}
		if d <= 0 || d > policy.MaxDuration || d%time.Second != 0 {
			t.Fatalf("ParseDuration(%q) = %d", s, d)
		}
		text := policy.FormatDuration(d)
		again, err := policy.ParseDuration(text)
		if err != nil || again != d || policy.FormatDuration(again) != text {
			t.Fatalf("%q is %d, which is written %q, which is %d, %v", s, d, text, again, err)
		}
	})
}

func TestHundredths(t *testing.T) {
	for text, want := range map[string]policy.Hundredths{"0": 0, "1": 100, "1.00": 100, "0.9": 90, "0.90": 90, "0.05": 5, "0.290": 29} {
		if got, err := policy.ParseHundredths(text); err != nil || got != want {
			t.Errorf("ParseHundredths(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", ".5", "90", "1.01", "0.905", "-0.1", "+0.1", "9e-1", "0.5e", "0,5", "NaN", "1_0", "0.-1", "100000000000"} {
		if got, err := policy.ParseHundredths(text); err == nil {
			t.Errorf("ParseHundredths(%q) = %d, want an error", text, got)
		}
	}
	for i := range 101 {
		h, err := policy.HundredthsOf(float64(i) / 100)
		if err != nil || int(h) != i {
			t.Errorf("HundredthsOf(%d/100) = %d, %v", i, h, err)
		}
		if again, err := policy.ParseHundredths(h.String()); err != nil || again != h {
			t.Errorf("%d is written %q and read back as %d, %v", i, h, again, err)
		}
	}
}
