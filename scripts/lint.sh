#!/usr/bin/env bash
# Checks the form of the code, and what no linter knows of: file length, what
# may not be named in the repository, the scripts and the workflows.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

failed=0
complain() {
  say "$1"
  printf '%s\n' "$2" | sed 's/^/  /' >&2
  failed=1
}

# files lists what is tracked or about to be, and exists.
files() {
  git ls-files -co --exclude-standard -- "$@" | sort -u | while IFS= read -r file; do
    [ -f "$file" ] && printf '%s\n' "$file"
  done || true
}

# matches prints the lines of those files that match, go.sum aside; it takes the
# arguments of grep.
matches() {
  files | grep -vE '(^|/)go\.sum$' | tr '\n' '\0' | xargs -0 grep -IHnE "$@" || true
}

unformatted=$(files '*.go' | tr '\n' '\0' | xargs -0 gofmt -l)
[ -z "$unformatted" ] || complain 'These files need gofmt:' "$unformatted"

max_lines=500
long=$(files '*.go' | while IFS= read -r file; do
  lines=$(wc -l <"$file")
  [ "$lines" -le "$max_lines" ] || printf '%s: %d lines\n' "$file" "$lines"
done)
[ -z "$long" ] || complain "A Go file has at most $max_lines lines:" "$long"

# The expressions are written so that they do not match themselves.
found=$(matches -w '(TO)DO|(FIX)ME')
[ -z "$found" ] || complain 'Open an issue instead of leaving a note:' "$found"

found=$(matches '(^|[^A-Za-z0-9._-])/(work|root)/')
[ -z "$found" ] || complain "A path of somebody's machine:" "$found"

# Every builder chooses where modules come from.
hosts=$(go env GOPROXY | tr '|' ',' | tr ',' '\n' | sed -nE 's#^[a-z]+://([^/@]*@)?([^/:]+).*#\2#p' | sort -u)
for host in $hosts; do
  found=$(matches "$(printf '%s' "$host" | sed 's/\./\\./g')")
  [ -z "$found" ] || complain "The host of a package registry:" "$found"
done

while IFS= read -r file; do
  bash -n "$file" || failed=1
done < <(files 'scripts/*.sh' .ci/run)
if command -v shellcheck >/dev/null; then
  files 'scripts/*.sh' 'examples/workflows/*.sh' .ci/run | tr '\n' '\0' | xargs -0 shellcheck -x || failed=1
elif required shellcheck; then
  die 'CUSTODY_REQUIRE names shellcheck, but it is not there: run scripts/servers.sh shellcheck'
else
  say 'NOT RUN: shellcheck is not installed.'
fi

checker=$("$root/scripts/tool.sh" actionlint)
# Without the linters of shell and Python, which are not on every machine.
files '.github/workflows/*.yml' | tr '\n' '\0' | xargs -0 "$checker" -shellcheck= -pyflakes= || failed=1

# The examples call one another by the place that they will have at a user's.
if [ -d examples/workflows/github ]; then
  project=$(mktemp -d)
  git -C "$project" init -q
  mkdir -p "$project/.github/workflows"
  cp examples/workflows/github/*.yml "$project/.github/workflows"
  (cd "$project" && "$checker" -shellcheck= -pyflakes=) || failed=1
  rm -rf "$project"
fi

if [ -n "$(files '*.go')" ]; then
  linter=$("$root/scripts/tool.sh" golangci-lint)
  GOLANGCI_LINT_CACHE=$cache/golangci-lint "$linter" run --allow-parallel-runners || failed=1
fi

[ "$failed" -eq 0 ] || die 'lint failed'
