#!/usr/bin/env bash
# Runs every fuzz target for a short while, or a number of times.
#
#   usage: FUZZTIME=10s scripts/fuzz.sh
#          FUZZTIME=5000x scripts/fuzz.sh

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

fuzztime=${FUZZTIME:-10s}

while IFS=: read -r file target; do
  package=./$(dirname "$file")
  say "-- $target in $package, $fuzztime"
  go test -run '^$' -fuzz "^$target\$" -fuzztime "$fuzztime" "$package"
done < <(
  git ls-files -co --exclude-standard -- '*_test.go' | sort -u |
    while IFS= read -r file; do
      [ -f "$file" ] || continue
      sed -nE "s#^func (Fuzz[A-Za-z0-9_]*)\(.*#$file:\1#p" "$file"
    done
)
