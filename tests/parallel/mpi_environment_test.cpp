// SPDX-License-Identifier: MIT
#include "tally/parallel/mpi_environment.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(MpiLibrary, HasAShortName) {
  for (const auto& [text, name] : std::map<std::string, std::string>{
           {"Open MPI v4.1.4, package: Debian OpenMPI, ident: 4.1.4", "Open MPI v4.1.4"},
           {"MPICH Version:\t4.0.2\nMPICH Release date:\tThu Apr  7", "MPICH 4.0.2"},
           {"MPICH Version:      4.2.0\n", "MPICH 4.2.0"},
           {"Intel(R) MPI Library 2021.8 for Linux* OS\n",
            "Intel(R) MPI Library 2021.8 for Linux* OS"},
           {"", ""}}) {
    EXPECT_EQ(short_library_name(text), name);
  }
}

TEST(MpiLibrary, OfThisProcessIsNamed) {
  EXPECT_NE(mpi_library(), "");
}

}  // namespace
}  // namespace tally
