#!/usr/bin/env bash
# Prints the path of a development tool, and builds it first if need be.
#
#   usage: scripts/tool.sh NAME
#
# Each tool is a Go module of its own under tools/, which pins its version. What
# is built stays in .cache/ and is used again until the pin or Go changes.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

name=${1:?usage: scripts/tool.sh NAME}
ldflags='-s -w'
notice=''
case $name in
  golangci-lint) dir=lint ;;
  tfplugindocs) dir=docs ;;
  changie) dir=changie ;;
  actionlint) dir=actionlint ;;
  govulncheck) dir=govulncheck ;;
  tofu)
    dir=tofu
    # Without this the version ends in -dev.
    ldflags="$ldflags -X github.com/opentofu/opentofu/version.dev=no"
    notice=' (once; takes about 4 minutes)'
    ;;
  *) die "unknown tool \"$name\": accepted are golangci-lint, tfplugindocs, changie, actionlint, govulncheck, tofu" ;;
esac

cd "$root/tools/$dir" || exit
# A workspace or flags of the user's own must not change what is built.
export GOWORK=off GOFLAGS="-mod=readonly -buildvcs=false" CGO_ENABLED=0
pin=$({ cat go.mod go.sum; go env GOVERSION GOOS GOARCH; } | digest)
binary=$cache/bin/$name-$pin
if [ ! -x "$binary" ]; then
  package=$(sed -nE 's/^tool ([^ ]+)$/\1/p' go.mod)
  [ -n "$package" ] || die "tools/$dir/go.mod names no tool"
  say "Building $name from $package$notice."
  mkdir -p "$cache/bin"
  # Build beside the target, so that an interrupted build leaves nothing half done.
  partial=$(mktemp "$cache/bin/.$name.XXXXXX")
  trap 'rm -f "$partial"' EXIT
  go build -trimpath -ldflags "$ldflags" -o "$partial" "$package" >&2
  mv -f "$partial" "$binary"
  for old in "$cache/bin/$name"-[0-9]*; do
    [ "$old" = "$binary" ] || rm -f "$old"
  done
fi
printf '%s\n' "$binary"
