# Shared by the other scripts; sourced, never run.
# shellcheck shell=bash

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cache=$root/.cache

# say prints to stderr, so that it never mixes with what a script answers.
say() { printf '%s\n' "$*" >&2; }

die() {
  say "error: $*"
  exit 1
}

# digest prints the checksum of what it reads.
digest() { cksum | tr -s ' \t' '--' | sed 's/-$//'; }

# required tells whether CUSTODY_REQUIRE, a comma separated list, names $1.
required() {
  case ",${CUSTODY_REQUIRE:-}," in
    *",$1,"*) return 0 ;;
    *) return 1 ;;
  esac
}

# isolate_cli keeps the user's own Terraform settings out of a run.
isolate_cli() {
  local name
  while IFS= read -r name; do
    unset "$name"
  done < <(env | sed -nE 's/^(TF_CLI_ARGS[A-Za-z0-9_]*|TF_VAR_[A-Za-z0-9_]*)=.*/\1/p')
  unset TF_WORKSPACE TF_DATA_DIR TF_REATTACH_PROVIDERS TF_PLUGIN_CACHE_DIR
  mkdir -p "$cache"
  TF_CLI_CONFIG_FILE=$cache/empty.tfrc
  printf '%s\n' '# The command line tool runs without settings.' >"$TF_CLI_CONFIG_FILE"
  export TF_CLI_CONFIG_FILE CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1 TF_INPUT=0
}

# write_dev_config writes the settings file $1, which makes the command line
# tool take the provider from folder $2.
write_dev_config() {
  cat >"$1" <<EOF
provider_installation {
  dev_overrides {
    "registry.terraform.io/custodyhq/custody" = "$2"
    "registry.opentofu.org/custodyhq/custody" = "$2"
  }
  direct {}
}
EOF
}

# cli_version prints the version of the command line tool $1, without its name.
cli_version() { "$1" version 2>/dev/null | sed -nE 's/^(Terraform|OpenTofu) v([0-9][^ ]*).*/\2/p' | head -n 1; }

# version_reaches tells whether version $1 is at least major version 1, minor
# version $2.
version_reaches() {
  local major minor
  major=$(printf '%s' "$1" | cut -d. -f1)
  minor=$(printf '%s' "$1" | cut -d. -f2)
  case $major$minor in '' | *[!0-9]*) return 1 ;; esac
  [ "$major" -gt 1 ] || { [ "$major" -eq 1 ] && [ "$minor" -ge "$2" ]; }
}

is_opentofu() { "$1" version 2>/dev/null | grep '^OpenTofu' >/dev/null; }
