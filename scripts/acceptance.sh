#!/usr/bin/env bash
# Runs go test with acceptance tests on.
#
#   usage: scripts/acceptance.sh [ARGUMENT OF GO TEST]...

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cli=$("$root/scripts/terraform.sh")
isolate_cli

# TF_ACC_TERRAFORM_PATH is for the test framework, CUSTODY_TERRAFORM for tests
# that start the command line tool themselves.
export TF_ACC=1 TF_ACC_TERRAFORM_PATH=$cli CUSTODY_TERRAFORM=$cli
export TF_ACC_PROVIDER_NAMESPACE=custodyhq
if is_opentofu "$cli"; then
  export TF_ACC_PROVIDER_HOST=registry.opentofu.org
fi

exec go test "$@"
