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
