package binding_test

import (
	"fmt"
	"time"
)

const (
	app = "custody_binding.app"
	key = "custody_grant.key"

	day = 24 * time.Hour
)

// credential is the address of what stands for a credential in testdata.
func credential(generation string) string {
	return fmt.Sprintf("terraform_data.credential[%q]", generation)
}
