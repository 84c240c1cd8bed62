#!/bin/sh
# run_mpi.sh RANKS PROGRAM [ARGUMENT...]: PROGRAM under Open MPI's mpirun with any number of ranks on
# any number of cores, as root too.
set -eu
ranks=$1
shift
if [ "$(id -u)" = 0 ]; then
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
# Open MPI 5.0.7 asks the kernel for routes to the ranks of its own host, and complains that there are none.
export OMPI_MCA_reachable=weighted
export OMPI_MCA_mpi_yield_when_idle=1 OMP_WAIT_POLICY=passive
exec mpirun --oversubscribe --bind-to none -n "$ranks" "$@"
