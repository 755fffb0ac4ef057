#!/usr/bin/env bash
# Generates docs/ from the provider's schema, templates/ and examples/.
#
#   usage: scripts/docs.sh [--check]
#
# With --check it fails if what was generated is not what is committed.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

# Older command line tools leave out what they do not know, such as write-only
# attributes, so their schema would give other documentation.
complete_minor=11

check=false
case ${1:-} in
  '') ;;
  --check) check=true ;;
  *) die "unknown argument \"$1\": accepted is --check" ;;
esac

cli=$("$root/scripts/terraform.sh")
if ! version_reaches "$(cli_version "$cli")" "$complete_minor"; then
  reason="$cli is older than 1.$complete_minor and does not show the whole schema"
  if ! $check || required docs; then
    die "$reason"
  fi
  say "NOT RUN: $reason."
  exit
fi
generator=$("$root/scripts/tool.sh" tfplugindocs)
isolate_cli

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

CGO_ENABLED=0 go build -o "$work/bin/terraform-provider-custody" .
write_dev_config "$work/dev.tfrc" "$work/bin"
mkdir "$work/module"
cat >"$work/module/main.tf" <<'EOF'
terraform {
  required_providers {
    custody = {
      source = "custodyhq/custody"
    }
  }
}
EOF

# The generator looks the schema up by the provider's short name; Terraform and
# OpenTofu write the full address, each with its own host.
(cd "$work/module" && TF_CLI_CONFIG_FILE="$work/dev.tfrc" "$cli" providers schema -json) >"$work/schema.json" ||
  die "$cli could not read the provider's schema"
sed -E 's#"registry\.(terraform\.io|opentofu\.org)/custodyhq/custody"#"custody"#' "$work/schema.json" >"$work/named.json"

"$generator" generate \
  --provider-dir "$root" \
  --provider-name terraform-provider-custody \
  --rendered-provider-name custody \
  --providers-schema "$work/named.json" >"$work/log" 2>&1 || {
  cat "$work/log" >&2
  die 'the documentation could not be generated'
}

if $check; then
  "$generator" validate \
    --provider-dir "$root" \
    --provider-name terraform-provider-custody \
    --providers-schema "$work/named.json" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    die 'the documentation is not as the registry wants it'
  }
  changed=$(git status --porcelain -- docs)
  if [ -n "$changed" ]; then
    say 'docs/ is not what the code generates. Commit these:'
    say "$changed"
    git --no-pager diff --stat -- docs >&2
    exit 1
  fi
fi
