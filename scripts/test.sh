#!/usr/bin/env bash
# Runs every check there is. The first that fails ends the run.
#
# Environment:
#   CUSTODY_TERRAFORM  the command line tool to test with (scripts/terraform.sh)
#   CUSTODY_REQUIRE    comma separated list of what may not be skipped, such as
#                      terraform (acceptance tests), race (race detector), docs,
#                      platforms (builds for every released platform), or a
#                      server of scripts/servers.sh
#   FUZZTIME           how long each fuzz target runs, or how often, as 10000x;
#                      default 2000x: a run that ends at a count has no
#                      deadline for a busy machine to miss

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

step() { printf '\n== %s (after %d s)\n' "$1" "$SECONDS"; }

# Where a change is judged, nothing counts that was found out before it.
count=''
[ -z "${CI:-}" ] || count=-count=1

# packages prints those of the given patterns that have Go files.
packages() {
  local pattern
  for pattern in "$@"; do
    [ -d "${pattern%/...}" ] && go list -f '{{.ImportPath}}' "$pattern"
  done 2>/dev/null || true
}

step 'Command line tool'
CUSTODY_TERRAFORM=$("$root/scripts/terraform.sh")
export CUSTODY_TERRAFORM
isolate_cli
"$CUSTODY_TERRAFORM" version | sed -n 1p

step 'Servers for the tests'
if ! "$root/scripts/servers.sh"; then
  say 'NOT RUN: tests of the servers that are missing. CUSTODY_REQUIRE makes them fail instead.'
fi

step 'Modules are tidy and unaltered'
go mod tidy -diff
go mod verify

step 'go vet'
go vet ./...

step 'Known vulnerabilities'
"$root/scripts/vulnerabilities.sh"

step 'Builds for every released platform'
if required platforms; then
  "$root/scripts/platforms.sh"
else
  echo 'NOT RUN: it takes minutes. "make platforms" builds them, and so does CUSTODY_REQUIRE=platforms.'
fi

step 'Form: gofmt, linters, file length, scripts'
"$root/scripts/lint.sh"

if [ -d examples ]; then
  step 'Examples are formatted'
  "$CUSTODY_TERRAFORM" fmt -check -diff -recursive examples
fi

step 'Generated documentation is committed'
"$root/scripts/docs.sh" --check

step 'Race detector'
if [ "$(go env CGO_ENABLED)" = 1 ] && command -v "$(go env CC)" >/dev/null; then
  raced=()
  while IFS= read -r package; do
    raced+=("$package")
  done < <(packages ./internal/lifecycle/... ./internal/policy/... ./internal/inventory/... ./internal/memo/... ./internal/system/... ./internal/kind/... ./internal/plugin/... ./internal/register/... ./internal/effect/... ./internal/delivery/... \
    ./internal/provider ./internal/provider/run/... ./internal/provider/record/... ./internal/provider/grant/...)
  # Without TF_ACC and with -short, nothing here starts the command line tool.
  [ "${#raced[@]}" -eq 0 ] || env -u TF_ACC go test -race -short ${count:+"$count"} "${raced[@]}"
elif required race; then
  die 'CUSTODY_REQUIRE names race, but the race detector needs a C compiler'
else
  echo 'NOT RUN: the race detector needs a C compiler.'
fi

step 'Integers of 32 bits'
case $(go env GOHOSTOS)/$(go env GOHOSTARCH) in
  linux/amd64 | linux/386)
    GOARCH=386 CGO_ENABLED=0 go test -short ${count:+"$count"} ./internal/lifecycle/... ./internal/policy/... ./internal/fault/... \
      ./internal/inventory/... ./internal/provider/grant
    ;;
  *) echo 'NOT RUN: this machine does not run programs for linux/386.' ;;
esac

step 'Fuzz targets, briefly'
# TestLaws lives the same histories each time. A search for new ones could find an old
# fault, and would blame whichever change came by.
FUZZTIME=${FUZZTIME:-2000x} FUZZSKIP=FuzzDecide "$root/scripts/fuzz.sh"

step 'Unit, golden and acceptance tests'
"$root/scripts/acceptance.sh" ${count:+"$count"} -timeout 30m ./...

printf '\n'
say "All checks passed in $SECONDS s."
