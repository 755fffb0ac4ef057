#!/usr/bin/env bash
# Tells the stories of examples/scenarios with a real command line tool, in copies
# under .cache/. Run "make demo", which builds the provider first.
#
#   usage: scripts/demo.sh [--pause]
#
# With --pause it waits for Enter after each plan.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

pause=false
case ${1:-} in
  '') ;;
  --pause) pause=true ;;
  *) die "unknown argument \"$1\": accepted is --pause" ;;
esac

[ -x bin/terraform-provider-custody ] || die 'the provider is not built: run "make demo"'

cli=$("$root/scripts/terraform.sh")
isolate_cli
# What a debugging session left behind would fill the screen.
unset TF_LOG TF_LOG_CORE TF_LOG_PROVIDER TF_LOG_PATH

work=$(mktemp -d "$cache/demo.XXXXXX")
trap 'rm -rf "$work"' EXIT
for story in adoption joiner-mover-leaver offboarding; do
  cp -R "examples/scenarios/$story" "$work/$story"
  rm -rf "$work/$story"/.terraform* "$work/$story"/terraform.tfstate*
done
write_dev_config "$work/dev.tfrc" "$root/bin"
TF_CLI_CONFIG_FILE=$work/dev.tfrc
CGO_ENABLED=0 go build -o "$work/demo" ./examples/scenarios/demo

say "With $("$cli" version | sed -n 1p)."
"$work/demo" -cli "$cli" -pause="$pause" "$work/adoption" "$work/joiner-mover-leaver" "$work/offboarding"
