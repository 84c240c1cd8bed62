# SPDX-License-Identifier: MIT
# Finds MPI::MPI_C: of the library that TALLY_MPI names, by the compiler wrapper that Debian (and
# Ubuntu) and Fedora (and Rocky) give it beside that of another one, else of whichever CMake finds.
set(TALLY_MPI "" CACHE STRING
    "MPI library: openmpi, or mpich (and what has its interface: Intel MPI, Cray MPICH); empty: any")

set(openmpi_name "Open MPI")
set(mpich_name "MPICH|Intel|CRAY")
if(NOT TALLY_MPI MATCHES "^(openmpi|mpich|)$")
  message(FATAL_ERROR "TALLY_MPI: expected openmpi or mpich, got \"${TALLY_MPI}\"")
endif()
if(TALLY_MPI AND NOT MPI_C_COMPILER)
  find_program(TALLY_MPICC NAMES mpicc.${TALLY_MPI} NO_CACHE)
  if(NOT TALLY_MPICC)
    find_program(TALLY_MPICC NAMES mpicc NO_CACHE NO_DEFAULT_PATH
      PATHS "/usr/lib64/${TALLY_MPI}/bin" "/usr/lib/${TALLY_MPI}/bin")
  endif()
  if(TALLY_MPICC)  # else the first mpicc in PATH, whose library is looked at below
    set(MPI_C_COMPILER "${TALLY_MPICC}")
  endif()
endif()

set(MPI_DETERMINE_LIBRARY_VERSION ON)
find_package(MPI REQUIRED COMPONENTS C)
string(REGEX REPLACE "[\n,].*" "" tally_mpi_found "${MPI_C_LIBRARY_VERSION_STRING}")
string(REGEX REPLACE "[ \t]+" " " tally_mpi_found "${tally_mpi_found}")
if(NOT tally_mpi_found)  # no program runs here: a compiler for other computers, or a launcher is needed
  string(STRIP "${TALLY_MPI} of an unknown version" tally_mpi_found)
elseif(TALLY_MPI AND NOT tally_mpi_found MATCHES "${${TALLY_MPI}_name}")
  message(FATAL_ERROR "TALLY_MPI=${TALLY_MPI}: found ${tally_mpi_found} by ${MPI_C_COMPILER}; install"
    " the other one (Debian: libmpich-dev mpich, or libopenmpi-dev openmpi-bin), give its compiler by"
    " -DMPI_C_COMPILER=..., and configure a build folder of its own")
endif()
message(STATUS "MPI: ${tally_mpi_found}")
