#!/bin/sh
# Make sure there is a directory server for the tests of signing in with LDAP. Without one they are skipped.
set -e
command -v slapd >/dev/null 2>&1 || [ -x /usr/sbin/slapd ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing slapd for the tests of signing in with LDAP …"
    # RUNLEVEL: the tests run their own; no service of the system is begun.
    export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
    if apt-get update -qq && apt-get install -y -qq slapd >/dev/null; then exit 0; fi
fi
echo "The tests of signing in with LDAP are skipped. For them, on Debian or Ubuntu: sudo apt-get install slapd" >&2
