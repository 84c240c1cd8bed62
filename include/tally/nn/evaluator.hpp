// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "tally/core/aligned_vector.hpp"
#include "tally/core/range.hpp"
#include "tally/core/thread_team.hpp"
#include "tally/nn/confusion_matrix.hpp"
#include "tally/nn/loss.hpp"
#include "tally/nn/network.hpp"

// A network on labelled images, without MPI. Images are evaluated in chunks of kEvaluationRows, in
// order; counts are whole numbers and losses are added in tree order over the chunks, so that the
// figures of a set are the same bits however its chunks were dealt out.
namespace tally {

inline constexpr std::int64_t kEvaluationRows = 128;

/// How many chunks `samples` images make; the last may be short.
std::int64_t evaluation_chunks(std::int64_t samples);

/// Labelled images that lie in memory one after the other.
struct LabelledImages {
  std::span<const std::uint8_t> pixels;  ///< [samples x pixels per image]
  std::span<const std::uint8_t> labels;  ///< [samples]
};

/// What a process found for its chunks.
struct ChunkFigures {
  std::vector<double> losses;  ///< one sum per chunk
  ConfusionMatrix confusion;
};

/// What is said of a whole set.
struct Evaluation {
  std::int64_t samples = 0;
  std::int64_t correct = 0;
  double loss = 0;  ///< mean over the samples

  [[nodiscard]] double accuracy() const;
};

/// The figures of a set from the losses of all its chunks (used as scratch space) and its counts.
Evaluation summarize(std::span<double> chunk_losses, std::int64_t samples, std::int64_t correct);

/// Evaluates with the threads of a team, each of which keeps its workspace from one call to the
/// next. Network, loss and team must outlive it.
class Evaluator {
 public:
  Evaluator(const Network& network, const Loss& loss, const ThreadTeam& team);
  ~Evaluator();

  /// Of `images`, the first of which begins a chunk. Also writes the network's outputs
  /// [samples x outputs], if there is room for them in `outputs`.
  ChunkFigures evaluate(const Real* parameters, const LabelledImages& images,
                        std::span<Real> outputs = {});

 private:
  struct Member;
  void evaluate_chunk(Member& member, const Real* parameters, const LabelledImages& chunk,
                      std::span<Real> outputs, double& loss) const;

  const Network& network_;
  const Loss& loss_;
  const ThreadTeam& team_;
  std::vector<std::unique_ptr<Member>> members_;  // made by the threads, in memory near them
};

}  // namespace tally
