// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>

#include <mpi.h>

#include "mpi_call.hpp"
#include "tally/parallel/communicator.hpp"

// Private to layer parallel: MPI's handles behind a Communicator.
namespace tally {

// Owns a communicator on which errors return instead of ending the process.
class OwnedComm {
 public:
  explicit OwnedComm(MPI_Comm comm) : comm_(comm) {
    mpi_check(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  }
  ~OwnedComm() {
    if (comm_ != MPI_COMM_NULL) MPI_Comm_free(&comm_);
  }
  OwnedComm(OwnedComm&& other) noexcept : comm_(std::exchange(other.comm_, MPI_COMM_NULL)) {}
  OwnedComm& operator=(OwnedComm&&) = delete;
  [[nodiscard]] MPI_Comm get() const { return comm_; }

 private:
  MPI_Comm comm_;
};

// The ranks of this host.
MPI_Comm host_of(MPI_Comm comm);
std::string own_host_name();

struct Communicator::Handles {
  explicit Handles(OwnedComm all) : world(std::move(all)) {}

  OwnedComm world;
  OwnedComm host{host_of(world.get())};
  std::string host_name = own_host_name();
};

}  // namespace tally
