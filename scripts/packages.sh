# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034  # the lists are used by the scripts that source this
# Sourced by the other scripts: what Tally needs from Debian, and the environment to run it in.

build_packages=(
  cmake g++ ninja-build pkg-config
  libopenmpi-dev openmpi-bin libeigen3-dev libdnnl-dev libhdf5-dev librandom123-dev libfmt-dev
  libssl-dev zlib1g-dev libtomlplusplus-dev libcli11-dev nlohmann-json3-dev
  libpng-dev libturbojpeg0-dev libexif-dev libopencv-core-dev libopencv-imgproc-dev libboost-dev
)

test_packages=(
  libgtest-dev libgmock-dev python3 python3-numpy python3-h5py python3-matplotlib python3-pil
  hdf5-tools shellcheck strace dataset-fashion-mnist opencv-doc
  chromium chromium-driver
  slurm-wlm munge iproute2
)

# Of the tests and of the preset tsan, too; the exact version, because programs and options differ
# between them.
fuzz_packages=(clang-14 llvm-14 libclang-rt-14-dev libomp-14-dev)

bench_packages=(libbenchmark-dev python3)

# Letters for scripts/unsure_benchmark.py.
letter_packages=(hershey-fonts-data fonts-dejavu-core python3-numpy python3-h5py python3-pil)

# Without OpenBLAS the peers compute with the reference BLAS, PyTorch ten times slower. Of its
# variants, the one on OpenMP shares the threads of PyTorch; the other fights them for the cores.
peers_packages=(python3-torch python3-numpy libopenblas0-openmp)

# Python of the system, where the packages above are; another python3 may come first in PATH.
python=/usr/bin/python3

if [ "$(id -u)" = 0 ]; then
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi

# install_packages NAME...: installs what is missing, and asks for nothing if nothing is.
install_packages() {
  local missing=() sudo=()
  local package
  for package in "$@"; do
    dpkg-query -W -f='${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed$' ||
      missing+=("$package")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  if ! command -v apt-get >/dev/null; then
    echo "This script installs Debian packages, and there is no apt-get here. Install what these" \
      "packages hold in your own way, then use the CMake presets: ${missing[*]}" >&2
    return 1
  fi
  if [ "$(id -u)" != 0 ]; then sudo=(sudo); fi
  echo "installing ${#missing[@]} packages: ${missing[*]}"
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# build PRESET [CMAKE_OPTION...]: configures and builds, quietly unless something is wrong.
build() {
  local preset=$1
  shift
  echo "building the preset $preset"
  local log
  log=$(mktemp)
  if ! { cmake --preset "$preset" "$@" && cmake --build --preset "$preset" --parallel "$(nproc)"; } \
    >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    return 1
  fi
  tail -n 1 "$log"
  rm -f "$log"
}
