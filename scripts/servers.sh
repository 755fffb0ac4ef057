#!/usr/bin/env bash
# Installs the servers and tools that tests start, or says how to.
#
#   usage: scripts/servers.sh [NAME]...
#
# Without a name, all of them. What is there already is left alone. What is
# missing is installed if that is possible without a question: packages of the
# system as root with apt, modules of Node with npm, Keycloak with Maven, both into
# CUSTODY_SERVERS or a folder of the user's caches. Otherwise it says what would
# install it. If something is missing in the end, the exit code is 1.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# all lists the names, which are also those that CUSTODY_REQUIRE takes.
all='request_tracker slapd samba scim postgres mariadb keycloak backstage gpg shellcheck'

# present tells whether server $1 can be started.
present() {
  case $1 in
    request_tracker) [ -x /usr/share/request-tracker5/libexec/rt-server ] && have rt-setup-database-5 &&
      perl -MDBD::SQLite -MPlack::Handler::Starlet -e 1 2>/dev/null ;;
    slapd) have slapd && [ -e /usr/lib/ldap/memberof.so ] ;;
    samba) have samba && have samba-tool && [ -d /usr/share/samba/setup ] && compgen -G '/usr/lib/*/samba/ldb/samldb.so' >/dev/null ;;
    scim | backstage) have node && [ -d "$(modules "$1")" ] ;;
    postgres) have initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null ;;
    mariadb) have mariadbd && have mariadb-install-db && have my_print_defaults ;;
    keycloak) have java && [ -d "$(keycloak_folder)" ] ;;
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
    scim | backstage) if ! have node || ! have npm; then echo nodejs npm; fi ;;
    postgres) echo postgresql ;;
    mariadb) echo mariadb-server-core mariadb-client-core ;;
    keycloak)
      have java || echo default-jre-headless
      have mvn || echo maven
      ;;
    gpg) echo gnupg ;;
    shellcheck) echo shellcheck ;;
  esac
}

# modules prints the folder that holds what server $1 consists of, if that is
# modules of npm. Its name changes with the lock file that lists them.
modules() {
  case $1 in
    scim | backstage) printf '%s/%s-%s\n' "$store" "$1" "$(digest <"$root/internal/acctest/servers/$1/package-lock.json")" ;;
  esac
}

keycloak_folder() { printf '%s/keycloak-%s\n' "$store" "$(<"$root/internal/acctest/servers/keycloak/version")"; }

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
    leftovers+=("$policy")
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
    read -ra list <<<"$(packages "$name" | tr '\n' ' ')"
    said=$(DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${list[@]}" 2>&1) || say "$said"
  done
}

# install_modules installs the modules of npm that the given servers consist of.
install_modules() {
  local name to
  for name in "$@"; do
    to=$(modules "$name")
    if [ -z "$to" ] || ! have npm; then continue; fi
    say "Installing the modules of $name."
    new_folder
    cp "$root/internal/acctest/servers/$name"/package{,-lock}.json "$new"
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error --prefix "$new" >&2 && keep "$new" "$to"
  done
}

# install_keycloak installs Keycloak.
install_keycloak() {
  local version
  if ! have mvn || ! have java; then return 0; fi
  say 'Installing Keycloak.'
  version=$(<"$root/internal/acctest/servers/keycloak/version")
  new_folder
  if prepare_keycloak "$version" "$new" >"$new/log" 2>&1; then
    keep "$new/keycloak-$version" "$(keycloak_folder)"
  else
    cat "$new/log" >&2
  fi
}

# prepare_keycloak puts version $1 into folder $2, builds it for its settings and
# makes its database with an administrator, which saves every start most of its
# time.
prepare_keycloak() {
  local server=$2/keycloak-$1/bin/kc.sh admin
  # Maven notes in the folder where it runs what it has unpacked before.
  (cd "$2" && mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack \
    -Dartifact="org.keycloak:keycloak-quarkus-dist:$1:zip" -DoutputDirectory=.) &&
    admin=$(od -An -N 16 -t x1 /dev/urandom | tr -d ' ') &&
    JAVA_OPTS_APPEND=-XX:TieredStopAtLevel=1 sh "$server" build --db=dev-file &&
    ADMIN=$admin sh "$server" bootstrap-admin user --optimized --cache=local --username=admin --password:env=ADMIN &&
    (umask 077 && printf '%s\n' "$admin" >"$2/keycloak-$1/admin-password")
}

# new_folder makes a folder, whose name is then in new. What was left in it goes
# when the script ends.
new_folder() {
  mkdir -p "$store"
  new=$(mktemp -d "$store/new.XXXXXX")
  leftovers+=("$new")
}

# keep makes folder $2 of folder $1 at once: no test sees a part of it. Where
# another script was first, that one's stays.
keep() {
  [ -d "$2" ] || mv "$1" "$2"
  # With sudo, it stays with the user.
  [ -z "${SUDO_USER:-}" ] || chown -R "$SUDO_USER:" "$store"
}

leftovers=()
trap 'rm -rf "${leftovers[@]}"' EXIT

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
case " ${missing[*]} " in *' keycloak '*) install_keycloak ;; esac

status=0
for name in "${missing[@]}"; do
  present "$name" || { say "$name is missing."; status=1; }
done
exit "$status"
