package lifecycle

// ActionOf returns the action that the findings ask for at this instant, before
// the schedule and before the last transition's action is carried over.
func ActionOf(in Input) (Action, error) {
	e := evaluation{in: in, spec: in.Spec, binding: in.Binding, prior: in.Prior, now: in.Now}
	if e.prior == nil {
		e.prior = &nothing
	}
	e.readTerms()
	e.observe()
	for c := range e.findings.All {
		if err := e.judge(c); err != nil {
			return 0, err
		}
	}
	e.latch()
	err := e.recertify()
	return e.action, err
}
