#!/usr/bin/env bash
# Installs the servers and tools that tests start, or says how to.
#
#   usage: scripts/servers.sh [NAME]...
#
# Without a name, all of them. What is there already is left alone. What is
# missing is installed if that is possible without a question: packages of the
# system as root with apt, modules of Node with npm. Otherwise the one command
# that would install it is printed, and the exit code is 1.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# all lists the names, which are also those that CUSTODY_REQUIRE takes.
all='request_tracker slapd samba scim postgres mariadb gpg'

# present tells whether server $1 can be started.
present() {
  case $1 in
    request_tracker) [ -x /usr/share/request-tracker5/libexec/rt-server ] && have rt-setup-database-5 ;;
    slapd) have slapd && [ -e /usr/lib/ldap/memberof.so ] ;;
    samba) have samba && have samba-tool && compgen -G '/usr/lib/*/samba/ldb/samldb.so' >/dev/null ;;
    scim) have node && [ -e "$cache/npm/scim/node_modules/scimmy-routers" ] &&
      cmp -s "$root/internal/acctest/servers/scim/package-lock.json" "$cache/npm/scim/package-lock.json" ;;
    postgres) have initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null ;;
    mariadb) have mariadbd && have mariadb-install-db && have my_print_defaults ;;
    gpg) have gpg ;;
    *) die "unknown server \"$1\": accepted are ${all// /, }" ;;
  esac
}

# packages prints the packages of Debian that hold server $1, if it is there.
packages() {
  case $1 in
    request_tracker) echo request-tracker5 rt5-db-sqlite rt5-standalone dbconfig-no-thanks ;;
    slapd) echo slapd ;;
    samba) echo samba-ad-dc samba-ad-provision samba-dsdb-modules samba-vfs-modules winbind python3-samba ldb-tools ;;
    scim) if ! have node || ! have npm; then echo nodejs npm; fi ;;
    postgres) echo postgresql ;;
    mariadb) echo mariadb-server-core mariadb-client-core ;;
    gpg) echo gnupg ;;
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

install_packages() {
  local apt='env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends'
  if [ "$(id -u)" -ne 0 ] || ! have apt-get; then
    say "Missing: run  sudo $apt $*"
    return 1
  fi
  say "Installing $*."
  apt-get update >&2
  # The packages would start servers of the machine's own, and its slapd would
  # take port 389 from the tests.
  case " $* " in
    *' slapd '*) echo 'slapd slapd/no_configuration boolean true' | debconf-set-selections ;;
  esac
  case " $* " in
    *' postgresql '*)
      mkdir -p /etc/postgresql-common
      [ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
      ;;
  esac
  $apt "$@" >&2
}

install_modules() {
  local folder to
  for folder in "$@"; do
    to=$cache/npm/$(basename "$folder")
    if ! have npm; then
      say "Missing: install npm, then run  scripts/servers.sh $(basename "$folder")"
      return 1
    fi
    say "Installing the modules of $folder."
    mkdir -p "$to"
    cp "$root/$folder/package.json" "$root/$folder/package-lock.json" "$to"
    if ! npm ci --no-audit --no-fund --loglevel=error --prefix "$to" >&2; then
      rm -rf "$to"
      return 1
    fi
  done
}

[ $# -gt 0 ] || read -ra names <<<"$all"
[ $# -eq 0 ] || names=("$@")

system=() node=()
for name in "${names[@]}"; do
  if present "$name"; then
    say "$name is there."
    continue
  fi
  read -ra wanted <<<"$(packages "$name")" && system+=("${wanted[@]}")
  read -ra wanted <<<"$(modules "$name")" && node+=("${wanted[@]}")
done

status=0
[ "${#system[@]}" -eq 0 ] || install_packages "${system[@]}" || status=1
[ "${#node[@]}" -eq 0 ] || install_modules "${node[@]}" || status=1
exit "$status"
