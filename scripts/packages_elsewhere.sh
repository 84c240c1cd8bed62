# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced by packages.sh: what to say on a Linux without apt, where nothing is installed.

# Each of Debian's packages: what it is, how to see that it is there, what Fedora and Rocky (with EPEL
# and CRB) and what Arch commonly call it; - where there is none.
packages_elsewhere='
cmake                  | CMake 3.22 or later              | command cmake                    | cmake               | cmake
g++                    | a C++20 compiler (g++, clang++)  | command c++                      | gcc-c++             | gcc
ninja-build            | Ninja                            | command ninja                    | ninja-build         | ninja
pkg-config             | pkg-config                       | command pkg-config               | pkgconf-pkg-config  | pkgconf
libopenmpi-dev         | Open MPI, to build with          | command mpicc                    | openmpi-devel       | openmpi
openmpi-bin            | Open MPI, to run with            | command mpirun                   | openmpi             | openmpi
libeigen3-dev          | Eigen 3.4                        | header eigen3/Eigen/Core         | eigen3-devel        | eigen
libdnnl-dev            | oneDNN 2.6 (optional, faster)    | header oneapi/dnnl/dnnl.hpp      | onednn-devel        | onednn
libhdf5-dev            | HDF5 1.10, high-level part too   | header hdf5_hl.h                 | hdf5-devel          | hdf5
librandom123-dev       | Random123                        | header Random123/philox.h        | Random123-devel     | -
libfmt-dev             | fmt                              | header fmt/core.h                | fmt-devel           | fmt
libssl-dev             | OpenSSL                          | header openssl/evp.h             | openssl-devel       | openssl
zlib1g-dev             | zlib                             | header zlib.h                    | zlib-devel          | zlib
libtomlplusplus-dev    | toml++                           | header toml++/toml.h             | tomlplusplus-devel  | tomlplusplus
libcli11-dev           | CLI11                            | header CLI/CLI.hpp               | cli11-devel         | cli11
nlohmann-json3-dev     | nlohmann-json                    | header nlohmann/json.hpp         | json-devel          | nlohmann-json
libpng-dev             | libpng                           | header png.h                     | libpng-devel        | libpng
libturbojpeg0-dev      | TurboJPEG                        | header turbojpeg.h               | turbojpeg-devel     | libjpeg-turbo
libopencv-core-dev     | OpenCV 4: core                   | header opencv2/core.hpp          | opencv-devel        | opencv
libopencv-imgproc-dev  | OpenCV 4: imgproc                | header opencv2/imgproc.hpp       | opencv-devel        | opencv
libboost-dev           | Boost (optional, a page to draw on) | header boost/beast.hpp        | boost-devel         | boost
libgtest-dev           | GoogleTest                       | header gtest/gtest.h             | gtest-devel         | gtest
libgmock-dev           | GoogleMock                       | header gmock/gmock.h             | gmock-devel         | gtest
python3                | Python 3                         | command python3                  | python3             | python
python3-numpy          | NumPy                            | python numpy                     | python3-numpy       | python-numpy
python3-h5py           | h5py                             | python h5py                      | python3-h5py        | python-h5py
python3-matplotlib     | matplotlib                       | python matplotlib                | python3-matplotlib  | python-matplotlib
python3-pil            | Pillow                           | python PIL                       | python3-pillow      | python-pillow
hdf5-tools             | the command-line tools of HDF5   | command h5dump                   | hdf5                | hdf5
shellcheck             | ShellCheck                       | command shellcheck               | ShellCheck          | shellcheck
strace                 | strace                           | command strace                   | strace              | strace
debootstrap            | debootstrap (optional, other Debians) | command debootstrap      | debootstrap         | debootstrap
clang                  | clang (optional, fuzzing, tsan)  | command clang++                  | clang               | clang
llvm                   | LLVM tools (optional, fuzzing)   | command llvm-profdata            | llvm                | llvm
libclang-rt-dev        | sanitizers of clang (optional)   | clang fuzzer/FuzzedDataProvider.h | compiler-rt         | compiler-rt
libomp-dev             | OpenMP of clang (optional)       | clang omp.h                      | libomp-devel        | openmp
iproute2               | iproute2                         | command ip                       | iproute             | iproute2
libbenchmark-dev       | Google Benchmark                 | header benchmark/benchmark.h     | google-benchmark-devel | benchmark
'

# Where a header may lie; modules and Spack say so in these variables.
header_folders() {
  tr : '\n' <<<"${CPATH:-}:${CPLUS_INCLUDE_PATH:-}"
  tr ':;' '\n' <<<"${CMAKE_PREFIX_PATH:-}" | sed 's|$|/include|'
  printf '%s\n' "${TALLY_INCLUDE_ROOT:-/usr}"/{,local/}include
}

# is_there KIND NAME, as in the table
is_there() {
  local folder
  # shellcheck disable=SC2154  # packages.sh sets python
  case $1 in
    command) command -v "$2" >/dev/null ;;
    clang) clang++ -fopenmp -x c++ -fsyntax-only -include "$2" /dev/null 2>/dev/null ;; # a header of its own
    python) "$python" -c "import $2" 2>/dev/null ;;
    header)
      while read -r folder; do
        if [ -n "$folder" ] && { [ -e "$folder/$2" ] || [ -e "$folder/opencv4/$2" ]; }; then return 0; fi
      done < <(header_folders)
      return 1
      ;;
    *) return 1 ;;
  esac
}

# look_for_packages NAME...: succeeds if all that is needed is there as far as can be seen; says what is
# missing, and what to do, if not.
look_for_packages() {
  local package row name what kind probe dnf pacman missing=() needed=0 command="" names=()
  if command -v dnf >/dev/null; then command="dnf install"; fi
  if command -v pacman >/dev/null; then command="pacman -S"; fi
  for package in "$@"; do
    if ! row=$(grep "^$package " <<<"$packages_elsewhere"); then
      if is_optional "$package"; then continue; fi
      row="$package | $package, as Debian calls it | none | - | -"
    fi
    IFS='|' read -r name what probe dnf pacman <<<"$row"
    read -r kind name <<<"$probe"
    if is_there "$kind" "$name"; then continue; fi
    if ! is_optional "$package"; then needed=1; fi
    missing+=("$(sed 's/^ *//; s/ *$//' <<<"$what")")
    if [ "$command" = "pacman -S" ]; then name=${pacman// /}; else name=${dnf// /}; fi
    case " ${names[*]} - " in *" $name "*) ;; *) names+=("$name") ;; esac
  done
  [ "$needed" = 1 ] || return 0
  {
    echo "packages.sh: this system has no apt-get, so nothing is installed here. Missing, as far as can be seen:"
    printf '  %s\n' "${missing[@]}"
    if [ -n "$command" ] && [ "${#names[@]}" -gt 0 ]; then
      echo "Their usual names: $command ${names[*]}"
    fi
    if [ "$command" = "dnf install" ]; then
      echo "On Rocky and its like, from EPEL and CRB. Open MPI is in PATH after: module load mpi"
    fi
    echo "Install them in your own way; then run this again. If some of it is where this does not look, set" \
      "TALLY_SKIP_PACKAGES=1: CMake and the tests name what they miss."
  } >&2
  return 1
}
