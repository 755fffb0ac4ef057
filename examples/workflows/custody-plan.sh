#!/bin/sh
# Plans, and writes the worklist of the plan.
#
#   usage: custody-plan.sh [NAME]
#
# It writes NAME.md, NAME.html, NAME.json and NAME.env ("summary" by default), leaves
# the plan in tfplan, and ends as "terraform plan -detailed-exitcode" does: 0 without
# changes, 1 if the plan failed, 2 with changes. custody-summary must be on PATH.
#
#   TERRAFORM      another command, such as tofu
#   CUSTODY_TITLE  the title of the worklist
#   CUSTODY_ALLOW  what a pipeline may apply by itself, such as keeps,adds,rotates,creates:
#                  NAME.env says whether the plan stays within it, as allowed=true
set -u
umask 077 # plans and logs hold names of people, and may hold secrets of others

name=${1:-summary}
terraform=${TERRAFORM:-terraform}

rm -f tfplan
trap 'rm -f plan.json plan.log' EXIT

code=0
"$terraform" plan -input=false -no-color -lock-timeout=5m -detailed-exitcode -out=tfplan >plan.log 2>&1 || code=$?
cat plan.log

: >plan.json # stays empty if the plan failed
if [ "$code" -ne 1 ]; then
  "$terraform" show -json tfplan >plan.json || exit 1
fi
ended=0
custody-summary -code "$code" -log plan.log -title "${CUSTODY_TITLE:-Custody}" ${CUSTODY_ALLOW:+-allow "$CUSTODY_ALLOW"} \
  -o "$name.md" -o "$name.html" -o "$name.json" -o "$name.env" plan.json || ended=$?
[ "$ended" -ne 3 ] || ended=$code # more than CUSTODY_ALLOW, which NAME.env says
exit "$ended"
