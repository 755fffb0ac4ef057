#!/usr/bin/env bash
# Builds what is released for every platform that it is released for, to nowhere.
#
#   usage: scripts/platforms.sh [--list | GOOS/GOARCH]...
#
# Without a platform, all of them; --list only names them. They stand in
# .goreleaser.yml, and so do the programs: the provider, and those with a main. Everything is compiled and linked once a platform, on two
# processors in about half a minute; Go's cache keeps what did not change.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

# released prints the platforms of .goreleaser.yml, one a line.
released() {
  awk '
    /^[a-z]/ { section = $1 }
    section != "builds:" { next }
    /^    [a-z_]+:/ { key = $1; next }
    /^    [a-z_]+: *\*/ { key = ""; next }
    key == "goos:" && $1 == "-" { goos[++systems] = $2 }
    key == "goarch:" && $1 == "-" { gsub(/"/, "", $2); goarch[++processors] = $2 }
    key == "ignore:" && $2 == "goos:" { left_out = $3 }
    key == "ignore:" && $1 == "goarch:" { gsub(/"/, "", $2); ignored[left_out "/" $2] = 1 }
    END {
      for (s = 1; s <= systems; s++) for (p = 1; p <= processors; p++) {
        platform = goos[s] "/" goarch[p]
        if (!(platform in ignored)) print platform
      }
    }' .goreleaser.yml
}

# goarm prints the version of arm that a release is built for.
goarm() { awk '/^    goarm:/ { getline; gsub(/"/, "", $2); print $2; exit }' .goreleaser.yml; }

# programs prints the packages that are released.
programs() {
  echo .
  sed -n 's/^    main: //p' .goreleaser.yml
}

platforms=$(released)
[ -n "$platforms" ] || die '.goreleaser.yml names no platforms that this script can read'
if [ "${1:-}" = --list ]; then
  printf '%s\n' "$platforms"
  exit
fi

wanted=("$@")
[ $# -gt 0 ] || mapfile -t wanted <<<"$platforms"
GOARM=$(goarm)
export GOARM CGO_ENABLED=0
mapfile -t released <<<"$(programs)"
failed=()
for platform in "${wanted[@]}"; do
  grep -qx "$platform" <<<"$platforms" || die "unknown platform \"$platform\": accepted are ${platforms//$'\n'/, }"
  begun=$SECONDS
  # Without optimisation this takes two thirds of the time.
  status=0
  for program in "${released[@]}"; do
    GOOS=${platform%/*} GOARCH=${platform#*/} go build -gcflags='all=-N -l' -ldflags='-s -w' -o /dev/null "$program" || status=1
  done
  if [ "$status" -eq 0 ]; then
    say "$platform builds ($((SECONDS - begun)) s)."
  else
    failed+=("$platform")
  fi
done
[ "${#failed[@]}" -eq 0 ] || die "what is released does not build for ${failed[*]}"
