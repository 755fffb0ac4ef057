#!/bin/sh
# Plans, and writes the summary of the plan to a file.
#
#   usage: custody-plan.sh SUMMARY.md
#
# It leaves the plan in tfplan and ends as "terraform plan -detailed-exitcode"
# does: 0 without changes, 1 if the plan failed, 2 with changes. custody-summary
# must be on PATH; TERRAFORM names another command, such as tofu.
set -u
umask 077 # plans and logs hold names of people, and may hold secrets of others

summary=${1:?usage: custody-plan.sh SUMMARY.md}
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
custody-summary -code "$code" -log plan.log plan.json >"$summary"
