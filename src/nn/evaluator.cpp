// SPDX-License-Identifier: MIT
#include "tally/nn/evaluator.hpp"

#include <array>
#include <numeric>

#include "tally/core/summation_tree.hpp"
#include "tally/nn/pixels.hpp"

namespace tally {
namespace {

LabelledImages rows_of(const LabelledImages& images, Range rows, Index pixels) {
  const auto begin = static_cast<std::size_t>(rows.begin);
  const auto size = static_cast<std::size_t>(rows.size());
  const auto width = static_cast<std::size_t>(pixels);
  return {images.pixels.subspan(begin * width, size * width), images.labels.subspan(begin, size)};
}

// Returns the loss of one leaf and adds its counts to `confusion`.
double evaluate_leaf(const Network& network, const Loss& loss, const Real* parameters,
                     NetworkWorkspace& workspace, const LabelledImages& leaf,
                     ConfusionMatrix& confusion) {
  const auto rows = static_cast<Index>(leaf.labels.size());
  scale_pixels(leaf.pixels, workspace.inputs(rows).data());
  const ConstMatrixView outputs = network.forward(parameters, workspace, rows);
  std::array<std::uint8_t, kEvaluationRows> predicted{};
  const std::span classes(predicted.data(), leaf.labels.size());
  predict_classes(outputs, classes);
  confusion.add(leaf.labels, classes);
  std::array<double, kEvaluationRows> losses{};
  loss.gradient(outputs, leaf.labels, workspace.grad_outputs(rows), losses);
  return std::accumulate(losses.begin(), losses.begin() + rows, 0.0);
}

}  // namespace

std::int64_t evaluation_leaves(std::int64_t samples) {
  return (samples + kEvaluationRows - 1) / kEvaluationRows;
}

double Evaluation::accuracy() const {
  return samples == 0 ? 0 : static_cast<double>(correct) / static_cast<double>(samples);
}

LeafFigures evaluate_leaves(const Network& network, const Loss& loss, const Real* parameters,
                            const LabelledImages& images, const ThreadTeam& team) {
  const auto samples = static_cast<std::int64_t>(images.labels.size());
  const Range all{0, evaluation_leaves(samples)};
  LeafFigures figures{std::vector<double>(static_cast<std::size_t>(all.size())),
                      ConfusionMatrix(network.outputs())};
  std::vector<ConfusionMatrix> confusions(static_cast<std::size_t>(team.size()), figures.confusion);
  team.run([&](int member) {
    NetworkWorkspace workspace(network, kEvaluationRows);
    const Range leaves = part_of(all, team.size(), member);
    for (std::int64_t leaf = leaves.begin; leaf < leaves.end; ++leaf) {
      const Range rows = clipped({leaf * kEvaluationRows, (leaf + 1) * kEvaluationRows}, samples);
      figures.losses[static_cast<std::size_t>(leaf)] = evaluate_leaf(
          network, loss, parameters, workspace, rows_of(images, rows, network.inputs()),
          confusions[static_cast<std::size_t>(member)]);
    }
  });
  for (const ConfusionMatrix& confusion : confusions) figures.confusion.add(confusion);
  return figures;
}

Evaluation summarize(std::span<double> leaf_losses, std::int64_t samples, std::int64_t correct) {
  const double loss = tree_sum(leaf_losses);
  return {samples, correct, samples == 0 ? 0 : loss / static_cast<double>(samples)};
}

}  // namespace tally
