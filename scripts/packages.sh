# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034  # the lists are used by the scripts that source this
# Sourced by the other scripts: what Tally needs from Debian or Ubuntu, and the environment to run it in.
# TALLY_SKIP_PACKAGES=1 goes on with what is installed.

# show_help "$@": ends the calling script with its opening comment if --help is among its arguments.
show_help() {
  case " $* " in
    *" -h "* | *" --help "*)
      sed -nE '3,/^[^#]/{/^# shellcheck/d;s/^# ?//p}' "$(dirname "${BASH_SOURCE[0]}")/${0##*/}"
      exit 0
      ;;
  esac
}

build_packages=(
  cmake g++ ninja-build pkg-config
  libopenmpi-dev openmpi-bin libeigen3-dev libdnnl-dev libhdf5-dev librandom123-dev libfmt-dev
  libssl-dev zlib1g-dev libtomlplusplus-dev libcli11-dev nlohmann-json3-dev
  libpng-dev libturbojpeg0-dev libopencv-core-dev libopencv-imgproc-dev libboost-dev
)

test_packages=(
  libgtest-dev libgmock-dev python3 python3-numpy python3-h5py python3-matplotlib python3-pil
  libbenchmark-dev hdf5-tools shellcheck strace dataset-fashion-mnist opencv-doc
  chromium chromium-driver
  slurm-wlm munge iproute2 dpkg-dev file debootstrap
  mpich libmpich-dev # beside Open MPI, whose mpicc and mpirun stay the preferred ones
)

# Of the tests and of the preset tsan, too; in the version that the distribution prefers.
fuzz_packages=(clang llvm libclang-rt-dev libomp-dev)

bench_packages=(libbenchmark-dev libopenblas0-openmp python3)

# Letters for scripts/unsure_benchmark.py.
letter_packages=(hershey-fonts-data fonts-dejavu-core python3-numpy python3-h5py python3-pil)

# Without OpenBLAS the peers compute with the reference BLAS, PyTorch ten times slower. Of its
# variants, the one on OpenMP shares the threads of PyTorch; the other fights them for the cores.
peers_packages=(python3-torch python3-numpy libopenblas0-openmp)

# Of the newest PyTorch; torch.compile needs a compiler and the headers of Python.
venv_packages=(python3-venv python3-dev g++)

# Python of the system, where the packages above are; another python3 may come first in PATH.
python=/usr/bin/python3

if [ "$(id -u)" = 0 ]; then
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi

# What a distribution need not have: without it products are Eigen's, there is no page to draw on, the
# peak is that of other libraries, or tests are skipped with a reason. Ubuntu has no chromium but as a snap, which no test can use.
optional_packages=(
  libdnnl-dev libboost-dev libopenblas0-openmp
  dataset-fashion-mnist opencv-doc chromium chromium-driver slurm-wlm munge dpkg-dev file debootstrap
  clang llvm libclang-rt-dev libomp-dev
  mpich libmpich-dev
)

# shellcheck source=scripts/packages_elsewhere.sh
. "$(dirname "${BASH_SOURCE[0]}")/packages_elsewhere.sh"

require_linux() {
  if [ "$(uname -s)" = Linux ]; then return 0; fi
  echo "packages.sh: $(uname -s): Tally runs on Linux only: it needs Linux's memfd_create, prctl, CPU affinity and" \
    "/proc. On a Mac use a virtual machine with Linux, or a container (packaging/Containerfile)." >&2
  return 1
}

is_installed() { dpkg-query -W -f='${Status}\n' "$1" 2>/dev/null | grep -q '^install ok installed$'; }
is_optional() { case " ${optional_packages[*]} " in *" $1 "*) ;; *) false ;; esac; }
available() { apt-cache show --no-all-versions "$@" 2>/dev/null | sed -n 's/^Package: //p'; }

# Keeps of `missing` what apt-get knows; the rest goes to `absent` if it is optional, or to `unknown`.
sort_out_missing() {
  local package known all=("${missing[@]}")
  missing=()
  known=" $(available "${all[@]}" | tr '\n' ' ') "
  for package in "${all[@]}"; do
    case $known in
      *" $package "*) missing+=("$package") ;;
      *) if is_optional "$package"; then absent+=("$package"); else unknown+=("$package"); fi ;;
    esac
  done
}

# install_packages NAME...: installs what is missing, and asks for nothing if nothing is.
install_packages() {
  local package missing=() absent=() unknown=() sudo=()
  require_linux || return 1
  if [ "${TALLY_SKIP_PACKAGES:-0}" = 1 ]; then
    echo "TALLY_SKIP_PACKAGES=1: going on with what is installed"
    return 0
  fi
  if ! command -v apt-get >/dev/null; then
    look_for_packages "$@"
    return
  fi
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  # Lists that know cmake are not those of a fresh image, which are empty.
  if [ "${#missing[@]}" -gt 0 ] && [ "$(available cmake)" ]; then sort_out_missing; fi
  if [ "${#missing[@]}" -gt 0 ] || [ "${#unknown[@]}" -gt 0 ]; then
    missing+=("${unknown[@]}")
    unknown=()
    if [ "$(id -u)" != 0 ]; then
      if ! command -v sudo >/dev/null; then
        echo "packages.sh: missing packages, and only root can install them: you are not root, and there is" \
          "no sudo. Have an administrator run \"apt-get install ${missing[*]}\", or set TALLY_SKIP_PACKAGES=1" \
          "to go on with what is installed." >&2
        return 1
      fi
      sudo=(sudo)
    fi
    "${sudo[@]}" apt-get update -qq
    sort_out_missing
  fi
  if [ "${#unknown[@]}" -gt 0 ]; then
    echo "packages.sh: apt-get knows no ${unknown[*]}. Debian 12 and 13 and Ubuntu 22.04 and 24.04 have all" \
      "of them, Ubuntu some in universe (add-apt-repository universe). Elsewhere install what they" \
      "hold in your own way, and set TALLY_SKIP_PACKAGES=1 to go on with what is installed." >&2
    return 1
  fi
  if [ "${#absent[@]}" -gt 0 ]; then
    echo "this distribution has no ${absent[*]}: what needs them is left out or skipped"
  fi
  [ "${#missing[@]}" -gt 0 ] || return 0
  echo "installing ${#missing[@]} packages: ${missing[*]}"
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Older ones know no presets, and say so in words that do not help.
require_cmake() {
  local needed=3.22 found
  found=$(cmake --version 2>/dev/null | sed -n 's/^cmake version //p')
  if [ "$(printf '%s\n' "$needed" "$found" | sort -V | head -n 1)" = "$needed" ]; then return 0; fi
  echo "packages.sh: Tally needs CMake $needed or later, and this is ${found:-none}. Where the system's is older:" \
    "module load cmake, or \"python3 -m pip install cmake\", and put it first in PATH." >&2
  return 1
}

# build PRESET [CMAKE_OPTION...]: configures and builds, quietly unless something is wrong. More options
# for every preset may be in TALLY_CMAKE_OPTIONS, separated by spaces.
build() {
  local preset=$1 more=()
  read -r -a more <<<"${TALLY_CMAKE_OPTIONS:-}"
  echo "building the preset $preset"
  require_cmake || return 1
  quietly cmake --preset "$@" "${more[@]}" &&
    quietly cmake --build --preset "$preset" --parallel "$(nproc)"
}

# build_for ARCH [CMAKE_OPTION...]: the preset release for the instructions ARCH, as -march names them;
# all but native in a folder of its own.
build_for() {
  if [ "$1" = native ]; then
    build release -DTALLY_ARCH=native "${@:2}"
    return
  fi
  local folder=build/release-$1 more=()
  read -r -a more <<<"${TALLY_CMAKE_OPTIONS:-}"
  echo "building $folder"
  require_cmake || return 1
  quietly cmake --preset release -B "$folder" -DTALLY_ARCH="$1" "${@:2}" "${more[@]}" &&
    quietly cmake --build "$folder" --parallel "$(nproc)"
}

# quietly COMMAND...: prints the last line of what the command prints, or everything if it fails.
quietly() {
  local log code=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 || code=$?
  if [ "$code" = 0 ]; then tail -n 1 "$log"; else cat "$log" >&2; fi
  rm -f "$log"
  return "$code"
}
