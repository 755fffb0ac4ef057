#!/usr/bin/env bash
# Installs the servers and tools that tests start, or says how to.
#
#   usage: scripts/servers.sh [NAME]...
#
# Without a name, all of them. What is there already is left alone. What is
# missing is installed if that is possible without a question: packages of the
# system as root with apt, modules of Node with npm. Otherwise it says what would
# install it. If something is missing in the end, the exit code is 1.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# all lists the names, which are also those that CUSTODY_REQUIRE takes.
all='request_tracker slapd samba scim postgres mariadb gpg shellcheck'

# present tells whether server $1 can be started.
present() {
  case $1 in
    request_tracker) [ -x /usr/share/request-tracker5/libexec/rt-server ] && have rt-setup-database-5 &&
      perl -MDBD::SQLite -MPlack::Handler::Starlet -e 1 2>/dev/null ;;
    slapd) have slapd && [ -e /usr/lib/ldap/memberof.so ] ;;
    samba) have samba && have samba-tool && [ -d /usr/share/samba/setup ] && compgen -G '/usr/lib/*/samba/ldb/samldb.so' >/dev/null ;;
    scim) have node && [ -e "$cache/npm/scim/node_modules/scimmy-routers" ] &&
      cmp -s "$root/internal/acctest/servers/scim/package-lock.json" "$cache/npm/scim/package-lock.json" ;;
    postgres) have initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null ;;
    mariadb) have mariadbd && have mariadb-install-db && have my_print_defaults ;;
    gpg) have gpg && have gpg-agent ;;
    shellcheck) have shellcheck ;;
    *) die "unknown server \"$1\": accepted are ${all// /, }" ;;
  esac
}

# packages prints the packages of Debian that hold server $1, if it is there.
packages() {
  case $1 in
    request_tracker) echo request-tracker5 rt5-db-sqlite rt5-standalone dbconfig-no-thanks ;;
    slapd) echo slapd ;;
    samba) echo samba-ad-dc samba-ad-provision ;;
    scim) if ! have node || ! have npm; then echo nodejs npm; fi ;;
    postgres) echo postgresql ;;
    mariadb) echo mariadb-server-core mariadb-client-core ;;
    gpg) echo gnupg ;;
    shellcheck) echo shellcheck ;;
  esac
}

# modules prints the folder whose package-lock.json lists the modules of npm that
# server $1 consists of, if any.
modules() {
  case $1 in
    scim) echo internal/acctest/servers/scim ;;
  esac
}

have() { PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null; }

# install_packages installs the packages of the given servers, one server after
# the other: where one is not to be had, the others are.
install_packages() {
  local name list said wanted=() policy=/usr/sbin/policy-rc.d
  for name in "$@"; do
    [ -z "$(packages "$name")" ] || wanted+=("$name")
  done
  [ "${#wanted[@]}" -gt 0 ] || return 0
  if ! have apt-get; then
    for name in "${wanted[@]}"; do say "Missing: install what Debian calls $(packages "$name")"; done
    return
  fi
  if [ "$(id -u)" -ne 0 ]; then
    say "Missing: run  sudo scripts/servers.sh ${wanted[*]}"
    return
  fi

  # The packages would start servers of the machine's own.
  if [ ! -e "$policy" ]; then
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    printf '%s\n' '#!/bin/sh' 'exit 101' >"$policy"
    chmod 755 "$policy"
  fi
  apt-get update >&2 || say 'Not all lists of packages could be updated.'
  for name in "${wanted[@]}"; do
    say "Installing $name."
    # What these would set up starts with the machine later, and such a slapd
    # takes port 389 from the tests.
    case $name in
      slapd) echo 'slapd slapd/no_configuration boolean true' | debconf-set-selections ;;
      postgres)
        mkdir -p /etc/postgresql-common
        [ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
        ;;
    esac
    read -ra list <<<"$(packages "$name")"
    said=$(DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${list[@]}" 2>&1) || say "$said"
  done
}

# install_modules installs the modules of npm that the given servers consist of.
install_modules() {
  local name folder to
  for name in "$@"; do
    folder=$(modules "$name")
    if [ -z "$folder" ] || ! have npm; then continue; fi
    say "Installing the modules of $name."
    to=$cache/npm/$name
    mkdir -p "$to"
    cp "$root/$folder/package.json" "$root/$folder/package-lock.json" "$to"
    npm ci --no-audit --no-fund --loglevel=error --prefix "$to" >&2 || rm -rf "$to"
  done
  # With sudo, the checkout stays its owner's.
  [ -z "${SUDO_USER:-}" ] || [ ! -d "$cache" ] || chown -R --reference="$root" "$cache"
}

[ $# -gt 0 ] || read -ra names <<<"$all"
[ $# -eq 0 ] || names=("$@")

missing=()
for name in "${names[@]}"; do
  if present "$name"; then
    say "$name is there."
  else
    missing+=("$name")
  fi
done
[ "${#missing[@]}" -gt 0 ] || exit 0

install_packages "${missing[@]}"
install_modules "${missing[@]}"

status=0
for name in "${missing[@]}"; do
  present "$name" || { say "$name is missing."; status=1; }
done
exit "$status"
