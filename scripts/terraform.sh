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

isolate_cli

wanted=${CUSTODY_TERRAFORM:-}
if [ -n "$wanted" ] && [ "$wanted" != build ]; then
  path=$(command -v "$wanted") || die "CUSTODY_TERRAFORM: \"$wanted\" is not a command"
  version=$(cli_version "$path") || version=''
  version_reaches "$version" "$oldest_minor" || die "CUSTODY_TERRAFORM: \"$path\" says version \"$version\"; 1.$oldest_minor or newer is needed"
  printf '%s\n' "$path"
  exit
fi

if [ -z "$wanted" ]; then
  for candidate in terraform tofu; do
    path=$(command -v "$candidate") || continue
    version=$(cli_version "$path") || version=''
    if version_reaches "$version" "$oldest_minor"; then
      printf '%s\n' "$path"
      exit
    fi
    say "Passing over $path: version \"$version\", but 1.$oldest_minor or newer is needed."
  done
  say "No usable terraform or tofu is on PATH; OpenTofu from .cache/ is used instead."
fi

exec "$root/scripts/tool.sh" tofu
