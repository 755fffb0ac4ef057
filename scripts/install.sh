#!/usr/bin/env bash
# Puts the provider, built from this checkout, where "terraform init" and "tofu
# init" find it without a registry, and custody-summary into Go's bin folder.
#
#   usage: scripts/install.sh [--uninstall]
#
# The version is that of the last tag, or of the first release to come, with the
# commit as build metadata: 0.1.0+g098d4a421d2f. Such a version satisfies "~> 0.1",
# which a pre-release like 0.1.0-dev does not, and no release bears it; so this
# script recognises what it has installed. Only the newest build is kept, because
# versions that differ in their metadata alone have no order. Releases in the same
# folders are left alone.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

# Terraform and OpenTofu each complete the source "custodyhq/custody" with their
# own host.
hosts='registry.terraform.io registry.opentofu.org'
first_release=0.1.0

os=$(go env GOOS)
arch=$(go env GOARCH)
programs=$(go env GOBIN)
programs=${programs:-$(go env GOPATH | cut -d: -f1)/bin}
summary=$programs/custody-summary$(go env GOEXE)

# plugin_folders prints the folders of the user's that both command line tools
# search, the one to install into first.
plugin_folders() {
  local usual=${HOME:-}/.terraform.d/plugins other
  case $os in
    windows)
      other=${APPDATA:?is not set}
      printf '%s\n' "${other//\\//}/terraform.d/plugins"
      return
      ;;
    darwin) other="${HOME:?is not set}/Library/Application Support/io.terraform/plugins" ;;
    *) other=${XDG_DATA_HOME:-${HOME:?is not set}/.local/share}/terraform/plugins ;;
  esac
  # Where XDG_CONFIG_HOME is set, OpenTofu would take a new ~/.terraform.d for the
  # folder of its own settings.
  if [ -n "${XDG_CONFIG_HOME:-}" ] && [ ! -d "${usual%/*}" ]; then
    printf '%s\n' "$other" "$usual"
  else
    printf '%s\n' "$usual" "$other"
  fi
}

# version_of_checkout prints the version of what is built here.
version_of_checkout() {
  local base commit=source
  # No repository, or one that git does not trust, is no reason not to install.
  base=$(git describe --tags --abbrev=0 --match 'v[0-9]*' 2>/dev/null) || base=$first_release
  base=${base#v}
  if commit=$(git rev-parse --short=12 HEAD 2>/dev/null); then
    commit=g$commit
    # The lock file of a configuration pins a build by its version and checksum.
    [ -z "$(git --no-optional-locks status --porcelain)" ] || commit=$commit.modified.$(date -u +%Y%m%d%H%M%S)
  else
    commit=source.$(date -u +%Y%m%d%H%M%S)
  fi
  printf '%s+%s\n' "${base%%-*}" "$commit"
}

# remove_builds removes what this script has put into the plugin folders, and
# says so.
remove_builds() {
  local folder host build
  while IFS= read -r folder; do
    for host in $hosts; do
      for build in "$folder/$host"/custodyhq/custody/*+*; do
        [ -d "$build" ] || continue
        rm -rf "$build"
        say "Removed    $build"
      done
      # Only folders that are empty now.
      rmdir "$folder/$host/custodyhq/custody" "$folder/$host/custodyhq" "$folder/$host" 2>/dev/null || true
    done
  done < <(plugin_folders)
}

# install_provider builds the provider as version $1 and puts it into folder $2.
install_provider() {
  local name host target
  name=terraform-provider-custody_v$1$(go env GOEXE)
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  CGO_ENABLED=0 go build -ldflags "-X main.version=$1" -o "$work/$name" .
  remove_builds
  for host in $hosts; do
    target=$2/$host/custodyhq/custody/$1/${os}_$arch
    mkdir -p "$target"
    cp "$work/$name" "$target/$name"
    say "Installed  $target/$name"
  done
}

# warn_of_settings says what would keep the command line tool from searching the
# plugin folder $1.
warn_of_settings() {
  local file
  for file in "${TF_CLI_CONFIG_FILE:-}" "${HOME:-}/.terraformrc" "${HOME:-}/.tofurc"; do
    if [ -f "$file" ] && grep -q '^[[:space:]]*provider_installation' "$file"; then
      say "
$file has a provider_installation block, so the plugin folder is searched only if that block names it:
  filesystem_mirror {
    path    = \"$1\"
    include = [\"custodyhq/custody\"]
  }
  direct {
    exclude = [\"custodyhq/custody\"]
  }"
    fi
  done
}

case ${1:-} in
  '') ;;
  --uninstall)
    remove_builds
    if [ -e "$summary" ]; then
      rm -f "$summary"
      say "Removed    $summary"
    fi
    exit
    ;;
  *) die "unknown argument \"$1\": accepted is --uninstall" ;;
esac

version=$(version_of_checkout)
folder=$(plugin_folders | sed -n 1p)
install_provider "$version" "$folder"
CGO_ENABLED=0 go install ./examples/workflows/custody-summary
say "Installed  $summary

custody $version is where terraform init and tofu init find it. As long as it is there, they ask no
registry for custodyhq/custody; \"make uninstall\" removes it. A folder that was initialised with another
build needs \"terraform init -upgrade\"."
case :$PATH: in
  *":$programs:"*) ;;
  *) say "Add $programs to your PATH to run custody-summary." ;;
esac
warn_of_settings "$folder"
