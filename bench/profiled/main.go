// Command profiled is the provider under a processor profile. It is built by
// the benchmark only, so that what is released holds no code for profiling.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"

	"github.com/custodyhq/terraform-provider-custody/internal/plugin"
)

// folderVariable names the folder that takes one profile for each process.
const folderVariable = "CUSTODY_BENCH_PROFILES"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	f, err := os.Create(filepath.Join(os.Getenv(folderVariable), fmt.Sprintf("%d.pprof", os.Getpid())))
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return errors.Join(err, f.Close())
	}
	err = plugin.Serve(context.Background(), "bench", false)
	pprof.StopCPUProfile()
	return errors.Join(err, f.Close())
}
