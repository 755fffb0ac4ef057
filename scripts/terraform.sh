#!/usr/bin/env bash
# Prints the path of a command line tool that the tests and the demo can use.
#
# The first of these that is at least version 1.8:
#   1. $CUSTODY_TERRAFORM: a path, a command, or "build" to go on with 3. at once
#   2. terraform, then tofu, on PATH
#   3. OpenTofu, built from source into .cache/ (once; takes about 4 minutes)

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

oldest_minor=8

# version_of prints the version of the command line tool $1.
version_of() { "$1" version 2>/dev/null | sed -nE 's/^(Terraform|OpenTofu) v([0-9][^ ]*).*/\2/p' | head -n 1; }

# usable tells whether $1 is a version that the provider works with.
usable() {
  local major minor
  major=$(printf '%s' "$1" | cut -d. -f1)
  minor=$(printf '%s' "$1" | cut -d. -f2)
  case $major$minor in '' | *[!0-9]*) return 1 ;; esac
  [ "$major" -gt 1 ] || { [ "$major" -eq 1 ] && [ "$minor" -ge "$oldest_minor" ]; }
}

isolate_cli

wanted=${CUSTODY_TERRAFORM:-}
if [ -n "$wanted" ] && [ "$wanted" != build ]; then
  path=$(command -v "$wanted") || die "CUSTODY_TERRAFORM: \"$wanted\" is not a command"
  version=$(version_of "$path") || version=''
  usable "$version" || die "CUSTODY_TERRAFORM: \"$path\" says version \"$version\"; 1.$oldest_minor or newer is needed"
  printf '%s\n' "$path"
  exit
fi

if [ -z "$wanted" ]; then
  for candidate in terraform tofu; do
    path=$(command -v "$candidate") || continue
    version=$(version_of "$path") || version=''
    if usable "$version"; then
      printf '%s\n' "$path"
      exit
    fi
    say "Passing over $path: version \"$version\", but 1.$oldest_minor or newer is needed."
  done
  say "No usable terraform or tofu is on PATH; OpenTofu from .cache/ is used instead."
fi

exec "$root/scripts/tool.sh" tofu
