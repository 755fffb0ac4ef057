// terraform-provider-custody makes access last exactly as long as the custody
// of the asset that justifies it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/custodyhq/terraform-provider-custody/internal/plugin"
)

// version is set by the release build.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "run with support for debuggers such as delve")
	flag.Parse()
	if err := plugin.Serve(context.Background(), version, *debug); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
