// SPDX-License-Identifier: MIT
#include "tally/nn/evaluator.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <numeric>

#include "tally/core/summation_tree.hpp"
#include "tally/nn/pixels.hpp"
#include "tally/nn/workspace.hpp"

namespace tally {
namespace {

template <typename Element>
std::span<Element> rows_of(std::span<Element> matrix, Range rows, Index columns) {
  return matrix.subspan(static_cast<std::size_t>(rows.begin * columns),
                        static_cast<std::size_t>(rows.size() * columns));
}

}  // namespace

struct Evaluator::Member {
  explicit Member(const Network& network)
      : workspace(network, kEvaluationRows),
        scratch(static_cast<std::size_t>(kEvaluationRows * network.outputs())),
        confusion(network.outputs()) {}

  ForwardWorkspace workspace;
  AlignedVector scratch;  // of the loss, [rows x outputs]
  ConfusionMatrix confusion;
};

std::int64_t evaluation_chunks(std::int64_t samples) {
  return (samples + kEvaluationRows - 1) / kEvaluationRows;
}

double Evaluation::accuracy() const {
  return samples == 0 ? 0 : static_cast<double>(correct) / static_cast<double>(samples);
}

Evaluation summarize(std::span<double> chunk_losses, std::int64_t samples, std::int64_t correct) {
  const double loss = tree_sum(chunk_losses);
  return {samples, correct, samples == 0 ? 0 : loss / static_cast<double>(samples)};
}

Evaluator::Evaluator(const Network& network, const Loss& loss, const ThreadTeam& team)
    : network_(network),
      loss_(loss),
      team_(team),
      members_(static_cast<std::size_t>(team.size())) {}

Evaluator::~Evaluator() = default;

ChunkFigures Evaluator::evaluate(const Real* parameters, const LabelledImages& images,
                                 std::span<Real> outputs) {
  const auto samples = static_cast<std::int64_t>(images.labels.size());
  const Range all{0, evaluation_chunks(samples)};
  ChunkFigures figures{std::vector<double>(static_cast<std::size_t>(all.end)),
                       ConfusionMatrix(network_.outputs())};
  team_.run([&](int thread) {
    auto& member = members_[static_cast<std::size_t>(thread)];
    if (!member) member = std::make_unique<Member>(network_);
    member->confusion = ConfusionMatrix(network_.outputs());
    const Range chunks = part_of(all, team_.size(), thread);
    for (std::int64_t chunk = chunks.begin; chunk < chunks.end; ++chunk) {
      const Range rows = clipped({chunk * kEvaluationRows, (chunk + 1) * kEvaluationRows}, samples);
      evaluate_chunk(
          *member, parameters,
          {rows_of(images.pixels, rows, network_.inputs()), rows_of(images.labels, rows, 1)},
          outputs.empty() ? outputs : rows_of(outputs, rows, network_.outputs()),
          figures.losses[static_cast<std::size_t>(chunk)]);
    }
  });
  for (const auto& member : members_) figures.confusion.add(member->confusion);
  return figures;
}

void Evaluator::evaluate_chunk(Member& member, const Real* parameters, const LabelledImages& chunk,
                               std::span<Real> outputs, double& loss) const {
  const auto rows = static_cast<Index>(chunk.labels.size());
  scale_pixels(chunk.pixels, member.workspace.inputs(rows).data());
  const ConstMatrixView found = network_.forward(parameters, member.workspace, {rows});
  if (!outputs.empty()) std::copy_n(found.data(), found.size(), outputs.data());
  std::array<double, kEvaluationRows> losses{};
  std::array<std::uint8_t, kEvaluationRows> classes{};
  loss_.evaluate(found, chunk.labels, matrix_view(member.scratch.data(), rows, network_.outputs()),
                 losses, classes);
  member.confusion.add(chunk.labels, std::span(classes).first(chunk.labels.size()));
  loss = std::accumulate(losses.begin(), losses.begin() + rows, 0.0);
}

}  // namespace tally
