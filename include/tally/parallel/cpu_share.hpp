// SPDX-License-Identifier: MIT
#pragma once

#include "tally/parallel/communicator.hpp"

namespace tally {

/// What a rank may compute on. Launchers bind ranks to cores in many ways; the cores of a host are
/// those that any of its ranks may use, shared evenly among them.
struct CpuShare {
  int own_processors = 1;   ///< in this rank's affinity mask
  int host_processors = 1;  ///< in the union of the masks of the ranks on this host
  int host_ranks = 1;

  /// Cores for this rank: at least 1, and never more than its own mask.
  [[nodiscard]] int fair() const;
};

/// Collective: every rank must call.
CpuShare cpu_share(const Communicator& communicator);

}  // namespace tally
