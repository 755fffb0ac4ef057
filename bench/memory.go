package main

import (
	"context"
	"fmt"
	"strconv"
)

// targetPlanMemory is how much memory the provider may take at most.
const targetPlanMemory = 150 << 20

// measureMemory plans n bindings, without a state and with one of all of them, once:
// memory is no matter of luck.
func measureMemory(ctx context.Context, w *benchEnvironment, n int) (string, error) {
	runners, err := prepare(ctx, w, []contender{bindings})
	if err != nil {
		return "", err
	}
	all, err := measurePlans(ctx, w, runners, bothKinds, n, 1)
	if err != nil {
		return "", err
	}
	t := newTable("bindings", "plan", "wall s", "CPU s, provider", "provider ms each", "provider peak MB", "target")
	for _, p := range all {
		u := p.taken[nameCustody]
		t.row(grouped(float64(n)), p.kind.name, seconds(u.wall), seconds(u.providerCPU), fmt.Sprintf("%.2f", u.providerCPU.Seconds()*1000/float64(n)),
			strconv.FormatInt(u.providerRSS>>20, 10), fmt.Sprintf("<= %d MB: %s", targetPlanMemory>>20, verdict(u.providerRSS <= targetPlanMemory)))
	}
	return t.String(), nil
}
