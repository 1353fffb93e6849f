#!/usr/bin/env bash
# Builds the Dockerfile without a Docker engine or a registry of images: by buildah in a chroot, on a stand-in for
# node:24-bookworm-slim that debootstrap and Node's npm package make. Prints how large the image is. Run it as root on
# Debian; buildah and debootstrap are installed where they are missing. What npm needs to know here (registry,
# certificates) is mounted while the Dockerfile runs and is in no image.
# usage: bash tests/image/build.sh DIR      DIR/storage is what tests/image/run.sh runs from; DIR can be deleted
set -euo pipefail
folder=$(mkdir -p "${1:?usage: build.sh DIR}" && cd "$1" && pwd)
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
node=24.9.0
debian=http://deb.debian.org/debian

if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
  echo 'build.sh: expected root on Debian, to make a base image and to build in a chroot' >&2
  exit 1
fi
# What is mounted here is gone when this script is, however it ends
[ "${WIKIFLEET_IMAGE_MOUNTS:-}" = private ] || WIKIFLEET_IMAGE_MOUNTS=private exec unshare --mount bash "${BASH_SOURCE[0]}" "$folder"

if ! command -v buildah > /dev/null || ! command -v debootstrap > /dev/null; then
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends buildah debootstrap > "$folder/apt.log" 2>&1 || { cat "$folder/apt.log"; exit 1; }
fi
scratch=$(mktemp -d "$folder/scratch-XXXXXX")
trap 'umount -l "$scratch/base" 2> /dev/null || true; rm -rf "$scratch"' EXIT
echo 'unqualified-search-registries = ["docker.io"]' > "$folder/registries.conf"
export CONTAINERS_REGISTRIES_CONF="$folder/registries.conf"
buildah() { command buildah --root "$folder/storage/root" --runroot "$folder/storage/run" --storage-driver vfs "$@"; }

# did NAME: how many seconds the last part took.
did() {
  printf '%s: %d s\n' "$1" $((SECONDS - since))
  since=$SECONDS
}

# make_base DIR: the file system of the stand-in, with what the real one has and the Dockerfile uses: Node with its
# headers and npm below /usr/local, and the user `node`.
make_base() {
  local modules="$scratch/node_modules" platform
  platform=linux-$(dpkg --print-architecture | sed s/amd64/x64/)
  debootstrap --variant=minbase bookworm "$1" "$debian" > "$folder/debootstrap.log" 2>&1 || { tail -n 20 "$folder/debootstrap.log"; return 1; }
  (cd "$1" && rm -rf var/cache/apt/* var/lib/apt/lists/* var/log/* usr/share/{doc,man,locale})
  npm install --no-audit --no-fund --no-save --silent --prefix "$scratch" "node-$platform@$node" npm@11
  cp -r "$modules/node-$platform"/{bin,include,LICENSE} "$1/usr/local/"
  mkdir -p "$1/usr/local/lib/node_modules" "$1/usr/local/etc"
  cp -r "$modules/npm" "$1/usr/local/lib/node_modules/"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$1/usr/local/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$1/usr/local/bin/npx"
  # npm's global settings, where the build mounts them
  ln -s /mnt/npmrc "$1/usr/local/etc/npmrc"
  chroot "$1" groupadd --gid 1000 node
  chroot "$1" useradd --uid 1000 --gid node --shell /bin/bash --create-home node
}

# What npm knows here: the registry, and certificates besides Node's own.
write_npm_settings() {
  mkdir "$scratch/mnt"
  echo "registry=$(npm config get registry)" > "$scratch/mnt/npmrc"
  [ -z "${NODE_EXTRA_CA_CERTS:-}" ] || { cp "$NODE_EXTRA_CA_CERTS" "$scratch/mnt/ca.crt" && echo 'cafile=/mnt/ca.crt' >> "$scratch/mnt/npmrc"; }
}

since=$SECONDS
if ! buildah inspect --type image docker.io/library/node:24-bookworm-slim > /dev/null 2>&1; then
  # dpkg waits for the disk after each file, and memory answers at once
  mkdir "$scratch/base"
  mount -t tmpfs -o mode=755,size=2g none "$scratch/base"
  make_base "$scratch/base"
  container=$(buildah from scratch)
  buildah copy --quiet "$container" "$scratch/base" / > /dev/null
  buildah config --env "NODE_VERSION=$node" --cmd node "$container"
  buildah commit --quiet "$container" docker.io/library/node:24-bookworm-slim > /dev/null
  buildah rm "$container" > /dev/null
  did 'stand-in for node:24-bookworm-slim'
fi
write_npm_settings
buildah build --pull=never --isolation chroot --layers=false --force-rm --volume "$scratch/mnt:/mnt:ro" --tag wikifleet "$root"
buildah rmi --prune > /dev/null
did 'Dockerfile'

container=$(buildah from --pull=never localhost/wikifleet)
files=$(buildah mount "$container")
# megabytes PATH: below the image's root, as it is there and as a registry keeps it.
megabytes() {
  local plain packed
  plain=$(tar -C "$files" -c "$1" | wc -c) packed=$(tar -C "$files" -c "$1" | gzip -1 | wc -c)
  awk -v path="$1" -v plain="$plain" -v packed="$packed" 'BEGIN { printf "%s: %.1f MB, packed %.1f MB\n", path, plain / 1e6, packed / 1e6 }'
}
for path in app/node_modules app/packages app/apps app; do megabytes "$path"; done
printf 'the stand-in below: %.1f MB\n' "$(tar -C "$files" -c --exclude=./app . | wc -c)e-6"
buildah rm "$container" > /dev/null
did 'sizes'
