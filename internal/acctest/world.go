package acctest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/config"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/check"
	"github.com/custodyhq/terraform-provider-custody/internal/clock"
)

// World is what a test case of terraform-plugin-testing runs over: a
// configuration, the files of its systems, and a clock that stands still until
// the test moves it. A step changes them in its PreConfig.
type World struct {
	Folder
	Clock    *clock.Fake
	expected func(error) error // tells whether the error of the step is the expected one
}

// NewWorld returns a world that holds the inventory and, over it, the named
// folders of the test's testdata; without a name, the one named after the test,
// if there is one.
func NewWorld(t testing.TB, names ...string) *World {
	t.Helper()
	if testing.Short() {
		t.Skip("this test runs the command line tool, which -short leaves out")
	}
	Require(t, "terraform", os.Getenv(resource.EnvTfAcc) != "", "run scripts/acceptance.sh, which sets "+resource.EnvTfAcc)
	shared()
	w := &World{Folder: Folder{t: t, Dir: t.TempDir()}, Clock: clock.NewFake(Start)}
	w.load(names)
	w.Write("backend.tf", fmt.Sprintf("terraform {\n  backend \"local\" {\n    path = %q\n  }\n}\n", w.path(StateFile)))
	return w
}

// Case returns a test case of the steps over the world. A step that brings no
// configuration has the one in the folder, as its PreConfig leaves it.
func (w *World) Case(steps ...resource.TestStep) resource.TestCase {
	steps = append(steps, w.Look(w.forget))
	factories := Factories(w.t, w.Clock)
	for i := range steps {
		step := &steps[i]
		if step.Config == "" && step.ConfigFile == nil && step.ConfigDirectory == nil {
			step.ConfigDirectory = config.StaticDirectory(w.Dir)
		}
		variables := config.Variables{"plan_time": instant{w.Clock}, "inventory": config.StringVariable(w.Dir)}
		maps.Copy(variables, step.ConfigVariables)
		step.ConfigVariables = variables
		// A folder with a provider block asks for the providers of its own step.
		step.ProtoV6ProviderFactories = factories
		if pattern := step.ExpectError; pattern != nil && !step.ImportState {
			*step = w.expects(*step, func(err error) error {
				if pattern.MatchString(err.Error()) {
					return nil
				}
				return fmt.Errorf("another error was expected: %w", err)
			})
		}
	}
	return resource.TestCase{
		TerraformVersionChecks: []tfversion.TerraformVersionCheck{tfversion.RequireAbove(oldest)},
		ErrorCheck:             w.failed,
		Steps:                  steps,
	}
}

// Label makes the label of a block from the name of a case.
func Label(name string) string { return notInLabel.ReplaceAllString(name, "_") }

var notInLabel = regexp.MustCompile(`\W+`)

// Refuses returns a test case in which one plan is refused for each of the named
// blocks of the configuration. What the schema refuses hides what the plan would
// refuse, so each has its own case.
func (w *World) Refuses(want map[string][]string) resource.TestCase {
	return w.Case(w.Refused(want, resource.TestStep{PlanOnly: true}))
}

// Refused returns the step as one that is refused for each of the named blocks of
// the configuration, with an error that holds the texts.
func (w *World) Refused(want map[string][]string, step resource.TestStep) resource.TestStep {
	return w.expects(step, func(err error) error { return check.Blocks(err, want) })
}

// expects returns the step as one that must fail. Unlike ExpectError, it forgets
// the state where it does not.
func (w *World) expects(step resource.TestStep, expected func(error) error) resource.TestStep {
	prepare := step.PreConfig
	step.ExpectError = nil
	step.PreConfig = func() {
		if prepare != nil {
			prepare()
		}
		w.expected = expected
	}
	step.PostApplyFunc = func() {
		w.t.Fatal(errors.Join(errors.New("the step was to fail"), w.forget()))
	}
	return step
}

// failed is told of the error of a step.
func (w *World) failed(err error) error {
	if w.expected != nil {
		err = w.expected(err)
		w.expected = nil
	}
	if err != nil {
		err = errors.Join(err, w.forget())
	}
	return err
}

// Look returns a step that runs no command: it looks at what the steps before it
// have left.
func (w *World) Look(f func() error) resource.TestStep {
	return resource.TestStep{SkipFunc: func() (bool, error) {
		if err := f(); err != nil {
			return false, errors.Join(err, w.forget())
		}
		return true, nil
	}}
}

// Left returns a step that runs no command: it checks the state that the steps
// before it have left, for instance one whose apply was refused half way.
func (w *World) Left(checks ...statecheck.StateCheck) resource.TestStep {
	return w.Look(func() error {
		var problems []error
		for _, c := range checks {
			var resp statecheck.CheckStateResponse
			c.CheckState(context.Background(), statecheck.CheckStateRequest{State: w.State()}, &resp)
			problems = append(problems, resp.Error)
		}
		return errors.Join(problems...)
	})
}

// forget removes the state. In the end terraform-plugin-testing destroys what a
// state holds, and fails if one holds instances of for_each or modules. Nothing
// that these tests create is anywhere but in the state.
func (w *World) forget() error {
	if err := os.Remove(w.path(StateFile)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// oldest is the first version of Terraform and OpenTofu that the provider
// supports.
var oldest = version.Must(version.NewVersion("1.8.0"))

// Factories returns what serves the provider over a clock.
func Factories(t testing.TB, c clock.Clock) map[string]func() (tfprotov6.ProviderServer, error) {
	server := serve(c, &atomic.Int64{}, func(text string) { t.Error(text) })
	t.Cleanup(func() { closeServer(t, server()) })
	return map[string]func() (tfprotov6.ProviderServer, error){
		"custody": func() (tfprotov6.ProviderServer, error) { return server(), nil },
	}
}

// Value is a variable of any type: what v is in JSON.
func Value(v any) config.Variable { return variable{v} }

type variable struct{ value any }

// MarshalJSON writes the variable.
func (v variable) MarshalJSON() ([]byte, error) { return json.Marshal(v.value) }

// instant is a variable that is what the clock shows when the configuration is
// written: after the step's PreConfig.
type instant struct{ clock clock.Clock }

// MarshalJSON writes the variable.
func (i instant) MarshalJSON() ([]byte, error) {
	return json.Marshal(i.clock.Now().Format(time.RFC3339))
}

// shared settles what the tests of a binary share. Parallel tests cannot have
// environments of their own.
var shared = sync.OnceFunc(func() {
	debug.SetGCPercent(garbagePercent)
	for name, value := range map[string]string{
		"TF_LOG_SDK": "OFF", "TF_LOG_PROVIDER": "OFF", // as the provider does when it is served
		"TF_ACC_PROVIDER_NAMESPACE": "custodyhq",
		"GOGC":                      strconv.Itoa(garbagePercent), // a command is over before its garbage matters
	} {
		if _, set := os.LookupEnv(name); !set {
			_ = os.Setenv(name, value)
		}
	}
})

// garbagePercent is how far a heap grows between collections: as far as that of
// the provider when it is served.
const garbagePercent = 400
