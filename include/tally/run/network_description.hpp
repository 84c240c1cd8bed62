// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tally/nn/network.hpp"
#include "tally/run/launch_options.hpp"

namespace tally {

/// tally-train --describe: the network layer by layer, as it would be trained. Looks at the headers
/// of the data if it finds any, else takes images of 28 x 28; needs no MPI. Throws an Error for
/// options that make no configuration and for what is no network.
std::string describe_network(const LaunchOptions& options);

/// For each layer, as it is written: what it gives, its learned parameters, and for a training
/// step, per sample, the floating-point operations of its products and its memory: what it gives,
/// the gradient of that, and what it saves. `micro_batch` are the rows of which a thread has that.
std::string network_table(const Network& network, Index micro_batch);

}  // namespace tally
