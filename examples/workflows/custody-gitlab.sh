#!/bin/sh
# Keeps one note of a merge request, or one issue, up to date with a worklist.
#
#   usage: custody-gitlab.sh note SUMMARY.md
#          custody-gitlab.sh issue SUMMARY.md OPEN
#
# The issue is opened or written anew where OPEN is more than 0, and closed where it is
# 0. Both are found again by a mark that their text begins with, among those that the
# owner of the token wrote. It needs curl and jq, and in CUSTODY_TOKEN a token of the
# project with the scope api. The other variables are GitLab's own.
set -eu
umask 077

what=${1:?usage: custody-gitlab.sh note|issue SUMMARY.md [OPEN]}
summary=${2:?usage: custody-gitlab.sh note|issue SUMMARY.md [OPEN]}
mark="<!-- custody-$what -->"
project=$CI_API_V4_URL/projects/$CI_PROJECT_ID
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# ask METHOD URL [FILE]: one request, with the token out of sight of other processes.
ask() {
  printf 'header = "PRIVATE-TOKEN: %s"\n' "$CUSTODY_TOKEN" |
    curl --config - --silent --show-error --fail --retry 3 --max-time 60 --request "$1" \
      ${3:+--header 'Content-Type: application/json' --data-binary "@$3"} "$2"
}

# ours URL FIELD: the field of the first entry of a list that this script wrote.
ours() {
  me=$(ask GET "$CI_API_V4_URL/user" | jq -r .id)
  page=1
  while [ "$page" -le 50 ]; do
    ask GET "$1&per_page=100&page=$page" >"$scratch/list"
    [ "$(jq length "$scratch/list")" -gt 0 ] || return 0
    found=$(jq -r --arg mark "$mark" --argjson me "$me" --arg field "$2" \
      'first(.[] | select(.author.id == $me and ((.body // .description // "") | startswith($mark)))) | .[$field]' "$scratch/list")
    if [ -n "$found" ]; then
      echo "$found"
      return 0
    fi
    page=$((page + 1))
  done
}

# GitLab takes 1,000,000 characters. The rest is in the job.
{ echo "$mark"; awk '{ n += length($0) + 1 } n > 900000 { print "\nThe rest is in the job."; exit } { print }' "$summary"; } >"$scratch/text"

case $what in
  note)
    notes=$project/merge_requests/$CI_MERGE_REQUEST_IID/notes
    id=$(ours "$notes?sort=asc" id)
    jq -Rs '{body: .}' "$scratch/text" >"$scratch/body"
    if [ -n "$id" ]; then ask PUT "$notes/$id" "$scratch/body"; else ask POST "$notes" "$scratch/body"; fi >/dev/null
    ;;
  issue)
    open=${3:?usage: custody-gitlab.sh issue SUMMARY.md OPEN}
    id=$(ours "$project/issues?labels=custody&state=opened" iid)
    # confidential: it holds names of people
    jq -Rs --arg title "Custody: $open to look at" '{title: $title, description: ., labels: "custody", confidential: true}' "$scratch/text" >"$scratch/body"
    jq -n '{state_event: "close"}' >"$scratch/close"
    case $open:$id in
      0:) ;;
      0:*) ask PUT "$project/issues/$id" "$scratch/close" ;;
      *:) ask POST "$project/issues" "$scratch/body" ;;
      *) ask PUT "$project/issues/$id" "$scratch/body" ;;
    esac >/dev/null
    ;;
  *) echo "custody-gitlab.sh: \"$what\" is not accepted; use note or issue" >&2; exit 1 ;;
esac
