// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "io_fixtures.hpp"
#include "support/parameter_positions.hpp"
#include "tally/core/digest.hpp"
#include "tally/core/error.hpp"
#include "tally/io/checkpoint.hpp"

namespace tally {

/// A run on images of 2 x 2, in the middle of an epoch, that uses every field of its state and the
/// numbers that are easily lost. States of different steps have different parameters.
inline TrainingState small_state(std::int64_t step = 70,
                                 const std::string& network = "dense:3,tanh,dense:2") {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  TrainingState state;
  state.config = other_config();
  state.config.network = network;
  state.data = {
      60'000, 10'000, 2, 2, {std::string(64, 'a'), std::string(64, 'b'), "", "d\xC3\xA9"}};
  state.build = {"1.2.3", "gcc 12.2.0", "avx512", "onednn 2.6.3"};
  state.layout = parameter_layout(state.config, state.data);
  state.parameters.assign(state.layout.size(), 0);
  state.velocity.assign(state.layout.size(), 0);
  for (const ParameterBlock& block : state.layout.blocks()) {
    for (const std::size_t i : positions_of(block)) {
      state.parameters[i] = 0.1F * static_cast<float>(i) + static_cast<float>(step);
      if (is_learned(block.shape.role)) state.velocity[i] = -1.0F / static_cast<float>(i + 1);
    }
  }
  state.parameters[0] = -0.0F;
  state.parameters[1] = std::numeric_limits<float>::denorm_min();
  state.velocity[0] = std::numeric_limits<float>::max();
  state.velocity[1] = std::numeric_limits<float>::lowest();
  state.progress = {3, std::min<std::int64_t>(step, 10), step, 3'333, 0.1 + 0.2, 300, 480, 12.75};
  state.history.epochs = {
      {1, 20, 960, 0.1, {2.5, 0.125}, {kNone, kNone}, {2.25, 0.25}},
      {2, 40, 1'920, 1.0 / 3, {1e-300, 1}, {0.5, 0.75}, {kNone, kNone}},
      {3, 60, 2'880, 0.05, {-0.0, 0}, {5e-324, 1e300}, {std::nextafter(1.0, 2), 0}}};
  state.history.steps = {{10, 1, 480, 0.1, {2.75, 0.0625}}, {20, 1, 960, 0.1, {kNone, kNone}}};
  return state;
}

/// The same with statistics, which have no velocity.
inline TrainingState small_state_with_statistics() {
  return small_state(70, "dense:3,batch-norm,tanh,dense:2");
}

/// The user block that belongs in front of these bytes, as checkpoint.hpp describes it: worked out
/// here a second time.
inline std::vector<std::byte> signed_again(std::vector<std::byte> file, std::int64_t format = 1) {
  const std::span<const std::byte> payload = std::span(file).subspan(512);
  std::string block =
      fmt::format("TALLY CHECKPOINT\nformat {}\nbytes {}\n", format, payload.size());
  Sha256 hash;
  hash.add(as_bytes(block));
  hash.add(payload);
  block += "sha256 " + to_hex(hash.finish()) + "\n";
  block.resize(512, '\0');
  std::ranges::copy(as_bytes(block), file.begin());
  return file;
}

/// The state in a file that verifies, for bytes of which nothing is known.
inline TrainingState decode_verified(std::span<const std::byte> file, const std::string& name) {
  const std::string damage = damage_of_checkpoint(file);
  require(damage.empty(), ExitCode::kCheckpoint, "{}: {}", name, damage);
  return decode_checkpoint(file, name);
}

/// A whole file in which one text stands for another of the same length.
inline std::vector<std::byte> with_text(std::vector<std::byte> file, std::string_view before,
                                        std::string_view after) {
  const std::span<const std::byte> wanted = as_bytes(before);
  const auto found = std::search(file.begin(), file.end(), wanted.begin(), wanted.end());
  if (found == file.end() || before.size() != after.size())
    throw std::runtime_error("no such text");
  std::ranges::copy(as_bytes(after), found);
  return signed_again(std::move(file));
}

/// With a network that tells digits from other drawings.
inline Calibration small_calibration() {
  OutlierNetwork outliers{"dense:5,relu,dense:3", {7, 1, 1}, {}};
  const ParameterLayout layout = parameter_layout(outliers);
  outliers.parameters.assign(layout.size(), 0);
  for (const ParameterBlock& block : layout.blocks()) {
    for (const std::size_t i : positions_of(block)) {
      outliers.parameters[i] = 0.1F * static_cast<float>(i);
    }
  }
  return {1.5, 10, outliers};
}

}  // namespace tally
