#!/usr/bin/env bash
# Runs every fuzz target for a short while, or a number of times.
#
#   usage: FUZZTIME=10s scripts/fuzz.sh
#          FUZZTIME=5000x FUZZSKIP=FuzzDecide scripts/fuzz.sh

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

fuzztime=${FUZZTIME:-10s}

# One program serves all targets of a package: to link it takes longer than a short run.
programs=$(mktemp -d)
trap 'rm -rf "$programs"' EXIT
program=$programs/fuzz.test
built=''
while IFS=: read -r file target; do
  [ "$target" != "${FUZZSKIP:-}" ] || continue
  package=./$(dirname "$file")
  say "-- $target in $package, $fuzztime"
  if [ "$package" != "$built" ]; then
    go test -c -fuzz . -o "$program" "$package"
    built=$package
  fi
  (cd "$package" && "$program" -test.run '^$' -test.fuzz "^$target\$" -test.fuzztime "$fuzztime" -test.fuzzcachedir "$cache/fuzz/$package")
done < <(
  git ls-files -co --exclude-standard -- '*_test.go' | sort -u |
    while IFS= read -r file; do
      [ -f "$file" ] || continue
      sed -nE "s#^func (Fuzz[A-Za-z0-9_]*)\(.*#$file:\1#p" "$file"
    done
)
