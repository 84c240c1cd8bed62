#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_on.sh RELEASE [OPTION...] [-- COMMAND...]: runs README's two commands on another release of
# Debian, which debootstrap puts into a folder, from the mirror that this machine's apt uses. As root.
#
#   scripts/test_on.sh trixie               quickstart.sh, then test.sh with all tests: an hour
#   scripts/test_on.sh trixie --selection   quickstart.sh and the tests that CI runs there
#   scripts/test_on.sh trixie -- COMMAND    anything else, in the copy of this checkout there
#
#   --folder DIR   where the release lies, or is put; used again when it is there [build/on/RELEASE]
#
# The checkout is copied to /tally in it, without what is built here; what was built there stays.
# Mounts and processes live in namespaces that the kernel ends with the script, however it ends. Exit
# code 77 and a reason where this cannot be done.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

skip() {
  echo "skipped: $1"
  exit 77
}

# The part that runs in namespaces of its own: mounts, then the command in the release.
enter() {
  local folder=$1
  shift
  mount --bind "$folder" "$folder" # what is no mount cannot become the root
  mount -t tmpfs -o mode=1777 tmpfs "$folder/tmp"
  mount -t proc proc "$folder/proc"
  mount -t sysfs -o ro sysfs "$folder/sys" 2>/dev/null || mount --rbind /sys "$folder/sys"
  mount -t tmpfs -o mode=755 tmpfs "$folder/dev"
  local name
  for name in null zero full random urandom tty; do
    touch "$folder/dev/$name"
    mount --bind "/dev/$name" "$folder/dev/$name"
  done
  if [ -e /dev/net/tun ]; then # for the test of a slow cable
    mkdir "$folder/dev/net"
    touch "$folder/dev/net/tun"
    mount --bind /dev/net/tun "$folder/dev/net/tun"
  fi
  mkdir "$folder/dev/shm" "$folder/dev/pts"
  mount -t tmpfs -o mode=1777 tmpfs "$folder/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$folder/dev/pts"
  ln -s pts/ptmx "$folder/dev/ptmx"
  ln -s /proc/self/fd "$folder/dev/fd"
  local mnist=()
  if [ -n "${TALLY_MNIST_DIR:-}" ]; then
    mkdir -p "$folder/mnist"
    mount --bind -o ro "$TALLY_MNIST_DIR" "$folder/mnist"
    mnist=(TALLY_MNIST_DIR=/mnist)
  fi
  # A chroot alone would not last: nsenter, which the tests use, goes to the root of the namespace.
  cd "$folder"
  pivot_root . .
  umount --lazy .
  exec /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
    TERM="${TERM:-dumb}" ${http_proxy:+"http_proxy=$http_proxy"} "${mnist[@]}" \
    sh -c 'cd /tally && exec "$@"' sh "$@"
}

# What CI runs in the release: the main job, the unit tests, signals, resuming, the page's server.
selected() {
  cd "$here"
  ./scripts/quickstart.sh
  # shellcheck source=scripts/packages.sh
  . scripts/packages.sh
  install_packages libgtest-dev libgmock-dev "$(basename "$python")" python3-numpy python3-h5py \
    python3-pil
  build release -DTALLY_BUILD_TESTS=ON
  exec ctest --preset release --parallel "$(($(nproc) + 2))" --no-tests=error --tests-regex \
    '^(core|augment|data|image|nn|optim|state|io|model|parallel|train|run)\.|^apps\.(signals|train_script|resume|page_server)$'
}

# The mirrors that apt uses here for this machine's own release, as lines for the other one.
sources() {
  local own
  own=$(. /etc/os-release && echo "$VERSION_CODENAME")
  # shellcheck disable=SC2016  # apt-get fills them in
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    sed -nE "s#^([^ ]+[^ /])/? $own(-updates|-security)? main\$#deb \1 $release\2 main#p" | sort -u
}

# is_reachable MIRROR: whether it has the release.
is_reachable() {
  local file
  file=$(mktemp -d)
  local code=0
  /usr/lib/apt/apt-helper download-file "$1/dists/$release/InRelease" "$file/InRelease" \
    >/dev/null 2>&1 || code=1
  rm -rf "$file"
  return $code
}

# Puts the release into the folder, in one piece or not at all.
install_release() {
  local mirror=$1
  rm -rf --one-file-system "$folder.new"
  mkdir -p "$(dirname "$folder")"
  echo "installing $release into $folder"
  if ! debootstrap --variant=minbase "$release" "$folder.new" "$mirror" >"$folder.log" 2>&1; then
    echo "test_on.sh: debootstrap could not install $release; $folder.log says why" >&2
    exit 1
  fi
  sources >"$folder.new/etc/apt/sources.list"
  echo force-unsafe-io >"$folder.new/etc/dpkg/dpkg.cfg.d/unsafe-io" # a power failure may cost all
  mv "$folder.new" "$folder"
}

# All but what is built; files that are gone here go there, too.
copy_checkout() {
  mkdir -p "$folder/tally"
  find "$folder/tally" -mindepth 1 -maxdepth 1 ! -name build ! -name runs -exec rm -rf {} +
  tar -C "$here" --exclude=./build --exclude=./runs --exclude=./.git --exclude=./data/mnist -c . |
    tar -C "$folder/tally" --no-same-owner -x
  cp /etc/resolv.conf /etc/hosts "$folder/etc/"
}

case "${1:-}" in
  --enter)
    shift
    enter "$@"
    ;;
  --selected) selected ;;
  "" | -*)
    sed -nE '3,/^[^#]/s/^# ?//p' "${BASH_SOURCE[0]}"
    case "${1:-}" in -h | --help) exit 0 ;; esac
    exit 2
    ;;
esac
release=$1
shift
folder=$here/build/on/$release
words=(sh -c './scripts/quickstart.sh && ./scripts/test.sh')
while [ $# -gt 0 ]; do
  case $1 in
    --folder)
      folder=$2
      shift
      ;;
    --selection) words=(./scripts/test_on.sh --selected) ;;
    --)
      shift
      words=("$@")
      break
      ;;
    *)
      echo "test_on.sh: expected --folder, --selection or --, got \"$1\"" >&2
      exit 2
      ;;
  esac
  shift
done

[ "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" != "$release" ] ||
  skip "this is Debian's $release itself: run both commands here"
[ "$(id -u)" = 0 ] || skip "only root can make namespaces and mounts"
command -v apt-get >/dev/null || skip "there is no apt-get here, whose mirror would be used"
namespaces=(unshare --mount --pid --ipc --uts --fork --kill-child)
"${namespaces[@]}" mount -t tmpfs tmpfs /mnt 2>/dev/null ||
  skip "this system allows no namespaces with mounts of their own"
if [ ! -d "$folder" ]; then
  command -v debootstrap >/dev/null || skip "debootstrap is not installed"
  mirror=$(sources | sed -nE "s#^deb ([^ ]+) $release main\$#\1#p" | head -n 1)
  [ -n "$mirror" ] || skip "apt has no mirror of Debian's main packages"
  is_reachable "$mirror" || skip "apt's mirror does not answer, or does not have $release"
  install_release "$mirror"
fi
copy_checkout
"${namespaces[@]}" "$here/scripts/test_on.sh" --enter "$folder" "${words[@]}" &
# unshare itself ignores INT and TERM; when it is killed, the kernel ends all that it has started.
trap 'kill -KILL $! 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM HUP
wait $!
