// SPDX-License-Identifier: MIT
#include "tally/state/training_state.hpp"

#include <algorithm>
#include <bit>

#include "tally/core/build_info.hpp"
#include "tally/core/gemm.hpp"
#include "tally/nn/network.hpp"

namespace tally {

static_assert(std::endian::native == std::endian::little, "digests are over little-endian floats");

BuildFacts this_build() {
  return {std::string(version()), compiler(), std::string(instruction_set()),
          kernel_backend(chosen_kernels())};
}

std::int64_t used_training_images(const RunConfig& config, const DataFingerprint& data) {
  return std::min(config.train_limit.value_or(data.train_images), data.train_images);
}

bool is_finished(const TrainingState& state) {
  return state.progress.epoch >= state.config.epochs ||
         (state.config.max_steps && state.progress.step >= *state.config.max_steps);
}

ParameterLayout parameter_layout(const RunConfig& config, const DataFingerprint& data) {
  return Network(config.network, image_shape(data)).layout();
}

Digest training_digest(const TrainingState& state) {
  Sha256 hash;
  for (const AlignedVector* vector : {&state.parameters, &state.velocity}) {
    for (const ParameterBlock& block : state.layout.blocks()) {
      if (vector == &state.velocity && !is_learned(block.shape.role)) continue;
      for (Index row = 0; row < block.shape.rows; ++row) {
        hash.add(std::as_bytes(block.row(std::span(*vector), row)));
      }
    }
  }
  return hash.finish();
}

}  // namespace tally
