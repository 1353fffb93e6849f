#!/usr/bin/env bash
# Runs one container of the image that tests/image/build.sh made, as docker-compose.yml and the task definitions do: the
# image's user and entrypoint, no capabilities, a read-only root file system, and a /tmp of its own. It sees the network
# of the host, and nothing of its environment. Ends with the program's exit code, and takes the container away.
# usage: bash tests/image/run.sh DIR [--env NAME=VALUE]... [--volume FROM:TO:ro]... [-- ARGUMENT...]
#        without arguments, those of the image
set -euo pipefail
[ "${WIKIFLEET_IMAGE_MOUNTS:-}" = private ] || WIKIFLEET_IMAGE_MOUNTS=private exec unshare --mount bash "${BASH_SOURCE[0]}" "$@"
folder=$(cd "${1:?usage: run.sh DIR [--env NAME=VALUE]... [-- ARGUMENT...]}" && pwd)
shift
# Where buildah lays out what it runs: with the folder it is gone, should somebody kill it
export TMPDIR="$folder"
options=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do options+=("$1") && shift; done
[ $# -eq 0 ] || shift
buildah() { command buildah --root "$folder/storage/root" --runroot "$folder/storage/run" --storage-driver vfs "$@"; }

scratch=$(mktemp -d "$folder/run-XXXXXX")
container=$(buildah from --pull=never localhost/wikifleet)
files=$(buildah mount "$container")
cleanup() {
  umount -l "$scratch" "$files/run" "$files" 2> /dev/null || true
  buildah rm "$container" > /dev/null
  rmdir "$scratch"
}
trap cleanup EXIT
# A signal is for the program alone, which ends by it
trap '' INT TERM HUP

# words KEY: a list of the image's settings, a word a line.
words() { buildah inspect --format "{{range .OCIv1.Config.$1}}{{println .}}{{end}}" "$container" | sed '/^$/d'; }
mapfile -t command < <(words Entrypoint)
if [ $# -gt 0 ]; then command+=("$@"); else mapfile -t -O ${#command[@]} command < <(words Cmd); fi

# buildah makes the places that it mounts on; then nothing can be written any more but by buildah itself, in /run, which
# is root's
buildah run --isolation chroot --user root "$container" -- true
for option in ${options[@]+"${options[@]}"}; do
  [[ ! $option =~ ^/[^:]*:(/[^:]*):ro$ ]] || { mkdir -p "$files$(dirname "${BASH_REMATCH[1]}")" && touch "$files${BASH_REMATCH[1]}"; }
done
mount --bind "$files" "$files"
mount --bind "$files/run" "$files/run"
mount -o remount,bind,ro "$files"
mount -t tmpfs -o mode=1777,nosuid,nodev none "$scratch"
status=0
# The subshell hears signals again
(trap - INT TERM HUP; buildah run --isolation chroot --cap-drop ALL --volume "$scratch:/tmp" ${options[@]+"${options[@]}"} \
  "$container" -- "${command[@]}") || status=$?
exit "$status"
