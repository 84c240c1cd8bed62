// SPDX-License-Identifier: MIT
#pragma once

#include "tally/nn/parameters.hpp"
#include "tally/optim/sgd.hpp"

// Private to layer train.
namespace tally {

/// How parameters of that role are learned: as `sgd` says, but without weight decay where the role
/// has none.
inline Sgd sgd_of(Sgd sgd, Role role) {
  const bool decays =
      role == Role::kWeight || (role == Role::kBias && sgd.decay == DecayKind::kAll);
  if (!decays) sgd.weight_decay = 0;
  return sgd;
}

}  // namespace tally
