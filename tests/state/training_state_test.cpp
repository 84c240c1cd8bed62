// SPDX-License-Identifier: MIT
#include "tally/state/training_state.hpp"

#include <cmath>
#include <cstring>
#include <string>

#include <gtest/gtest.h>

#include "config_fixtures.hpp"
#include "support/parameter_positions.hpp"
#include "tally/core/build_info.hpp"

namespace tally {
namespace {

// 4 inputs, 3 and 2 outputs: blocks of 12, 3, 6 and 2 values, none a multiple of the alignment.
TrainingState small_state() {
  TrainingState state;
  state.config.network = "dense:3,tanh,dense:2";
  state.data.rows = 2;
  state.data.columns = 2;
  state.layout = parameter_layout(state.config, state.data);
  for (AlignedVector* vector : {&state.parameters, &state.velocity}) {
    const float start = vector == &state.parameters ? 1.0F : -100.0F;
    vector->assign(state.layout.size(), 0);
    for (const ParameterBlock& block : state.layout.blocks()) {
      for (const std::size_t i : positions_of(block)) {
        (*vector)[i] = start + 0.1F * static_cast<float>(i);
      }
    }
  }
  return state;
}

// The bytes that the digest is documented to cover, by offsets worked out by hand: each row of a
// block begins at the next multiple of 16 elements.
std::string documented_bytes(const TrainingState& state) {
  std::string bytes;
  for (const AlignedVector* vector : {&state.parameters, &state.velocity}) {
    for (const auto& [offset, size] : {std::pair{0, 3},
                                       {16, 3},
                                       {32, 3},
                                       {48, 3},
                                       {64, 3},
                                       {80, 2},
                                       {96, 2},
                                       {112, 2},
                                       {128, 2}}) {
      for (int i = offset; i < offset + size; ++i) {
        std::uint32_t bits = 0;
        std::memcpy(&bits, vector->data() + i, sizeof bits);
        for (int shift = 0; shift < 32; shift += 8) {
          bytes += static_cast<char>(bits >> shift & 0xFFU);
        }
      }
    }
  }
  return bytes;
}

TEST(TrainingDigest, IsTheSha256OfParametersAndVelocity) {
  const TrainingState state = small_state();
  const std::string bytes = documented_bytes(state);
  ASSERT_EQ(bytes.size(), 2U * 23U * 4U);
  EXPECT_EQ(training_digest(state), sha256(std::as_bytes(std::span(bytes))));
}

TEST(TrainingDigest, IgnoresTheGapsBetweenBlocks) {
  TrainingState state = small_state();
  const Digest before = training_digest(state);
  for (const std::size_t gap : {3U, 15U, 19U, 67U, 98U, 143U}) {
    state.parameters[gap] = 7;
    state.velocity[gap] = 7;
  }
  EXPECT_EQ(training_digest(state), before);
}

TEST(TrainingDigest, ChangesWithTheLastBitOfEveryValue) {
  TrainingState state = small_state();
  const Digest before = training_digest(state);
  int values = 0;
  for (AlignedVector* vector : {&state.parameters, &state.velocity}) {
    for (const ParameterBlock& block : state.layout.blocks()) {
      for (const std::size_t i : positions_of(block)) {
        ++values;
        const float kept = (*vector)[i];
        (*vector)[i] = std::nextafter(kept, 1000.0F);
        EXPECT_NE(training_digest(state), before) << i;
        (*vector)[i] = kept;
      }
    }
  }
  EXPECT_EQ(values, 46);
  EXPECT_EQ(training_digest(state), before);
}

TEST(TrainingDigest, ChangesWithTheSignOfZero) {
  TrainingState state = small_state();
  state.velocity[0] = 0.0F;
  const Digest before = training_digest(state);
  state.velocity[0] = -0.0F;
  EXPECT_NE(training_digest(state), before);
}

TEST(ParameterLayout, FollowsFromConfigurationAndData) {
  RunConfig config;
  DataFingerprint data;
  data.rows = 28;
  data.columns = 28;
  const ParameterLayout layout = parameter_layout(config, data);
  EXPECT_EQ(layout.count(), 84'060U);
  EXPECT_EQ(layout.blocks().front().name(), "0-dense/weight");
  EXPECT_EQ(layout.blocks().front().shape.rows, 784);
  EXPECT_EQ(layout.blocks().back().name(), "4-dense/bias");
}

TEST(ThisBuild, SaysWhatThisProgramIs) {
  const BuildFacts facts = this_build();
  EXPECT_EQ(facts.version, version());
  EXPECT_EQ(facts.compiler, compiler());
  EXPECT_EQ(facts.instruction_set, instruction_set());
  EXPECT_FALSE(facts.kernel_backend.empty());
}

}  // namespace
}  // namespace tally
