#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# get_mnist.sh [--from DIR] [TARGET]: puts the full MNIST into TARGET (data/mnist of this checkout or
# installation).
#
# The four files come from public mirrors, or from DIR if it is given (plain or .gz). Each is checked
# against the SHA-256 of its uncompressed contents before it gets its final name, so an interrupted
# or failed download leaves nothing behind, and the script can simply be run again.
set -euo pipefail

mirrors=(
  https://ossci-datasets.s3.amazonaws.com/mnist
  https://storage.googleapis.com/cvdf-datasets/mnist
)
files=(
  "train-images-idx3-ubyte ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
  "train-labels-idx1-ubyte 65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
  "t10k-images-idx3-ubyte 0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
  "t10k-labels-idx1-ubyte ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
)

from=
target=
while [ $# -gt 0 ]; do
  case $1 in
    --from)
      from=${2:?get_mnist.sh: --from needs a directory}
      shift 2
      ;;
    -h | --help)
      sed -n '3,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    -*)
      echo "get_mnist.sh: unknown option $1; see --help" >&2
      exit 2
      ;;
    *)
      target=$1
      shift
      ;;
  esac
done
target=${target:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/data/mnist}
if ! mkdir -p "$target" 2>/dev/null || ! partial=$(mktemp -d "$target/.download-XXXXXX" 2>/dev/null); then
  echo "get_mnist.sh: $target: cannot be written; give a TARGET of your own, and tally-train --data TARGET" >&2
  exit 1
fi
trap 'rm -rf "$partial"; rmdir --ignore-fail-on-non-empty "$target"' EXIT

unpacked_sha256() { gzip -dc "$1" 2>/dev/null | sha256sum | cut -d' ' -f1; }

# fetch NAME: puts NAME.gz into $partial; fails if no source has it.
fetch() {
  local name=$1 mirror
  if [ -n "$from" ]; then
    if [ -f "$from/$name.gz" ]; then
      cp --no-preserve=mode "$from/$name.gz" "$partial/$name.gz"
    elif [ -f "$from/$name" ]; then
      gzip -nc "$from/$name" >"$partial/$name.gz"
    else
      echo "get_mnist.sh: $from: holds neither $name nor $name.gz" >&2
      return 1
    fi
    return 0
  fi
  for mirror in "${mirrors[@]}"; do
    echo "downloading $name.gz from $mirror"
    if command -v curl >/dev/null; then
      curl -fsSL --retry 3 --max-time 300 -o "$partial/$name.gz" "$mirror/$name.gz" && return 0
    else
      wget -q --tries=3 --timeout=60 -O "$partial/$name.gz" "$mirror/$name.gz" && return 0
    fi
  done
  echo "get_mnist.sh: no mirror has $name.gz; with a copy at hand, use --from DIR" >&2
  return 1
}

for entry in "${files[@]}"; do
  read -r name expected <<<"$entry"
  if [ -f "$target/$name.gz" ] && [ "$(unpacked_sha256 "$target/$name.gz")" = "$expected" ]; then
    continue
  fi
  fetch "$name"
  found=$(unpacked_sha256 "$partial/$name.gz")
  if [ "$found" != "$expected" ]; then
    echo "get_mnist.sh: $name: expected SHA-256 $expected, got $found; the source is damaged or" \
      "holds another data set" >&2
    exit 1
  fi
  mv "$partial/$name.gz" "$target/$name.gz"
done
echo "MNIST is in $target"
