// SPDX-License-Identifier: MIT
#include "tally/nn/evaluator.hpp"

#include <algorithm>
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

struct Leaf {
  std::int64_t number = 0;
  Range rows;      // of the images
  int member = 0;  // of the team, that it is dealt to
};

template <typename Work>
void for_each_leaf(const Network& network, std::int64_t samples, const ThreadTeam& team,
                   const Work& work) {
  const Range all{0, evaluation_leaves(samples)};
  team.run([&](int member) {
    NetworkWorkspace workspace(network, kEvaluationRows);
    const Range leaves = part_of(all, team.size(), member);
    for (std::int64_t leaf = leaves.begin; leaf < leaves.end; ++leaf) {
      work(Leaf{leaf, clipped({leaf * kEvaluationRows, (leaf + 1) * kEvaluationRows}, samples),
                member},
           workspace);
    }
  });
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
  LeafFigures figures{std::vector<double>(static_cast<std::size_t>(evaluation_leaves(samples))),
                      ConfusionMatrix(network.outputs())};
  std::vector<ConfusionMatrix> confusions(static_cast<std::size_t>(team.size()), figures.confusion);
  for_each_leaf(network, samples, team, [&](const Leaf& leaf, NetworkWorkspace& workspace) {
    figures.losses[static_cast<std::size_t>(leaf.number)] = evaluate_leaf(
        network, loss, parameters, workspace, rows_of(images, leaf.rows, network.inputs()),
        confusions[static_cast<std::size_t>(leaf.member)]);
  });
  for (const ConfusionMatrix& confusion : confusions) figures.confusion.add(confusion);
  return figures;
}

AlignedVector network_outputs(const Network& network, const Real* parameters,
                              std::span<const std::uint8_t> pixels, const ThreadTeam& team) {
  const auto width = static_cast<std::size_t>(network.inputs());
  const auto samples = static_cast<std::int64_t>(pixels.size() / width);
  AlignedVector outputs(static_cast<std::size_t>(samples * network.outputs()));
  for_each_leaf(network, samples, team, [&](const Leaf& leaf, NetworkWorkspace& workspace) {
    const Index rows = leaf.rows.size();
    scale_pixels(pixels.subspan(static_cast<std::size_t>(leaf.rows.begin) * width,
                                static_cast<std::size_t>(rows) * width),
                 workspace.inputs(rows).data());
    const ConstMatrixView found = network.forward(parameters, workspace, rows);
    std::copy_n(found.data(), found.size(), outputs.data() + leaf.rows.begin * network.outputs());
  });
  return outputs;
}

Evaluation summarize(std::span<double> leaf_losses, std::int64_t samples, std::int64_t correct) {
  const double loss = tree_sum(leaf_losses);
  return {samples, correct, samples == 0 ? 0 : loss / static_cast<double>(samples)};
}

}  // namespace tally
