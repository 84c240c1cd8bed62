# SPDX-License-Identifier: MIT
# Which kernels of matrix products this build has, and which of them it takes where the environment
# does not say. Defines tally_has_onednn, tally_has_own_kernels and tally_default_kernels.
include(CheckCXXCompilerFlag)
include(CheckCXXSourceCompiles)

# tally_has_instructions(RESULT MACRO...): whether the instruction set of TALLY_ARCH has all of these.
function(tally_has_instructions result)
  string(MAKE_C_IDENTIFIER "TALLY_${TALLY_ARCH}_${ARGN}" answer)
  if(TALLY_ARCH)
    set(CMAKE_REQUIRED_FLAGS "-march=${TALLY_ARCH}")
  endif()
  set(CMAKE_REQUIRED_QUIET ON)
  list(TRANSFORM ARGN REPLACE "(.+)" "!defined(\\1)" OUTPUT_VARIABLE missing)
  list(JOIN missing " || " missing)
  check_cxx_source_compiles("#if ${missing}\n#error\n#endif\nint main() {}" ${answer})
  set(${result} ${${answer}} PARENT_SCOPE)
endfunction()

# Without this the first file that is compiled would say so, among the errors of others.
string(MAKE_C_IDENTIFIER "TALLY_KNOWS_${TALLY_ARCH}" tally_knows_arch)
set(CMAKE_REQUIRED_QUIET ON)
if(TALLY_ARCH)
  check_cxx_compiler_flag("-march=${TALLY_ARCH}" ${tally_knows_arch})
  if(NOT ${tally_knows_arch})
    message(FATAL_ERROR "TALLY_ARCH: the compiler knows no -march=${TALLY_ARCH}; expected native, x86-64-v3 or"
      " another name of its own, or nothing")
  endif()
endif()
unset(CMAKE_REQUIRED_QUIET)

tally_has_instructions(tally_has_own_kernels __AVX2__ __FMA__)
tally_has_instructions(tally_has_avx512 __AVX512F__)

if(NOT TALLY_KERNELS STREQUAL "eigen")
  find_package(OneDNN 2.6 QUIET)
endif()
set(tally_has_onednn ${OneDNN_FOUND})

# Tally's own kernels are the fastest on images (docs/performance.md). With AVX-512 they have to be asked
# for: runs there keep the bits that they have by oneDNN.
if(TALLY_KERNELS)
  set(tally_default_kernels "${TALLY_KERNELS}")
elseif(tally_has_own_kernels AND NOT tally_has_avx512)
  set(tally_default_kernels "tally")
elseif(tally_has_onednn)
  set(tally_default_kernels "onednn")
else()
  message(STATUS "oneDNN was not found: products will be Eigen's, and slower")
  set(tally_default_kernels "eigen")
endif()

if(tally_default_kernels STREQUAL "onednn" AND NOT tally_has_onednn)
  message(FATAL_ERROR "TALLY_KERNELS=onednn: no oneDNN 2.6 or later; install libdnnl-dev")
elseif(tally_default_kernels STREQUAL "tally" AND NOT tally_has_own_kernels)
  message(FATAL_ERROR "TALLY_KERNELS=tally: Tally's own kernels need AVX2; TALLY_ARCH=${TALLY_ARCH} has none")
elseif(NOT tally_default_kernels MATCHES "^(tally|onednn|eigen)$")
  message(FATAL_ERROR "TALLY_KERNELS: expected tally, onednn or eigen, got \"${TALLY_KERNELS}\"")
endif()
