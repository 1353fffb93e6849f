#!/usr/bin/env bash
# Puts vsftpd and proftpd from Debian, with the libraries they need, into a folder, without installing them (as packages
# they exclude each other). Prints the folder: WIKIFLEET_FTP_SERVERS names it for the tests.
# usage: bash tests/tools/ftp-servers.sh DIR
set -euo pipefail
folder=$(mkdir -p "${1:?usage: ftp-servers.sh DIR}" && cd "$1" && pwd)
if [ -x "$folder/usr/sbin/vsftpd" ] && [ -x "$folder/usr/sbin/proftpd" ]; then
  echo "$folder"
  exit 0
fi
packages=$(mktemp -d "$folder/packages-XXXXXX")
trap 'rm -rf "$packages"' EXIT
cd "$packages"
apt-get download vsftpd libwrap0 libnsl2 libcap2 libssl3 proftpd-core libmemcached11 libmemcachedutil2 libhashkit2 libhiredis0.14 \
  libpcre2-8-0 libpcre2-posix3 libsodium23 libacl1 libsasl2-2 libidn2-0 libunistring2 libncursesw6 libtinfo6 >&2
for package in *.deb; do dpkg-deb -x "$package" "$folder"; done
[ -x "$folder/usr/sbin/vsftpd" ] && [ -x "$folder/usr/sbin/proftpd" ]
echo "$folder"
