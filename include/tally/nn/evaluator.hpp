// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tally/core/aligned_vector.hpp"
#include "tally/core/range.hpp"
#include "tally/core/thread_team.hpp"
#include "tally/nn/confusion_matrix.hpp"
#include "tally/nn/loss.hpp"
#include "tally/nn/network.hpp"

// A network on labelled images, without MPI. Images are evaluated in leaves of kEvaluationRows, in
// order; counts are whole numbers and losses are added in tree order over the leaves, so that the
// figures of a set are the same bits however its leaves were dealt out.
namespace tally {

inline constexpr std::int64_t kEvaluationRows = 128;

/// How many leaves `samples` images make; the last may be short.
std::int64_t evaluation_leaves(std::int64_t samples);

/// Labelled images that lie in memory one after the other.
struct LabelledImages {
  std::span<const std::uint8_t> pixels;  ///< [samples x pixels per image]
  std::span<const std::uint8_t> labels;  ///< [samples]
};

/// What a process found for its leaves.
struct LeafFigures {
  std::vector<double> losses;  ///< one sum per leaf
  ConfusionMatrix confusion;
};

/// What is said of a whole set.
struct Evaluation {
  std::int64_t samples = 0;
  std::int64_t correct = 0;
  double loss = 0;  ///< mean over the samples

  [[nodiscard]] double accuracy() const;
};

/// Evaluates `images`, whose first one begins a leaf, with the threads of `team`.
LeafFigures evaluate_leaves(const Network& network, const Loss& loss, const Real* parameters,
                            const LabelledImages& images, const ThreadTeam& team);

/// The network's outputs for images in memory, one after the other: [samples x outputs].
AlignedVector network_outputs(const Network& network, const Real* parameters,
                              std::span<const std::uint8_t> pixels, const ThreadTeam& team);

/// The figures of a set from the losses of all its leaves (used as scratch space) and its counts.
Evaluation summarize(std::span<double> leaf_losses, std::int64_t samples, std::int64_t correct);

}  // namespace tally
