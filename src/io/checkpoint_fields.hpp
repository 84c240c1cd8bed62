// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tally/state/calibration.hpp"
#include "tally/state/training_state.hpp"

// Private to layer io: where each value of a TrainingState lies in the HDF5 part of a checkpoint.
// Written once for both directions: `archive` saves from `state` or loads into it.
namespace tally {

template <typename Archive, typename History_>
void transfer_history(Archive& archive, History_& history) {
  const std::string epochs = "/history/epochs";
  archive.group(epochs);
  const auto epoch_column = [&](const std::string& name, auto member) {
    archive.column(epochs + "/" + name, history.epochs, member);
  };
  epoch_column(
      "epoch", [](auto& row) -> auto& { return row.epoch; });
  epoch_column(
      "step", [](auto& row) -> auto& { return row.step; });
  epoch_column(
      "samples", [](auto& row) -> auto& { return row.samples; });
  epoch_column(
      "learning_rate", [](auto& row) -> auto& { return row.learning_rate; });
  epoch_column(
      "train_loss", [](auto& row) -> auto& { return row.train.loss; });
  epoch_column(
      "train_accuracy", [](auto& row) -> auto& { return row.train.accuracy; });
  epoch_column(
      "validation_loss", [](auto& row) -> auto& { return row.validation.loss; });
  epoch_column(
      "validation_accuracy", [](auto& row) -> auto& { return row.validation.accuracy; });
  epoch_column(
      "test_loss", [](auto& row) -> auto& { return row.test.loss; });
  epoch_column(
      "test_accuracy", [](auto& row) -> auto& { return row.test.accuracy; });

  const std::string steps = "/history/steps";
  archive.group(steps);
  const auto step_column = [&](const std::string& name, auto member) {
    archive.column(steps + "/" + name, history.steps, member);
  };
  step_column(
      "step", [](auto& row) -> auto& { return row.step; });
  step_column(
      "epoch", [](auto& row) -> auto& { return row.epoch; });
  step_column(
      "samples", [](auto& row) -> auto& { return row.samples; });
  step_column(
      "learning_rate", [](auto& row) -> auto& { return row.learning_rate; });
  step_column(
      "train_loss", [](auto& row) -> auto& { return row.train.loss; });
  step_column(
      "train_accuracy", [](auto& row) -> auto& { return row.train.accuracy; });
}

template <typename Archive, typename State>
void transfer_facts(Archive& archive, State& state) {
  archive.group("/data");
  archive.value("/data", "train_images", state.data.train_images);
  archive.value("/data", "test_images", state.data.test_images);
  archive.value("/data", "rows", state.data.rows);
  archive.value("/data", "columns", state.data.columns);
  archive.added_value("/data", "channels", state.data.channels);
  for (std::size_t i = 0; i < kDataFileNames.size(); ++i) {
    archive.value("/data", "sha256_" + std::string(kDataFileNames[i]), state.data.digests[i]);
  }

  archive.group("/build");
  archive.value("/build", "version", state.build.version);
  archive.value("/build", "compiler", state.build.compiler);
  archive.value("/build", "instruction_set", state.build.instruction_set);
  archive.value("/build", "kernel_backend", state.build.kernel_backend);

  archive.group("/progress");
  archive.value("/progress", "epoch", state.progress.epoch);
  archive.value("/progress", "epoch_step", state.progress.epoch_step);
  archive.value("/progress", "step", state.progress.step);
  archive.value("/progress", "samples", state.progress.samples);
  archive.value("/progress", "epoch_loss_sum", state.progress.epoch_loss_sum);
  archive.value("/progress", "epoch_correct", state.progress.epoch_correct);
  archive.value("/progress", "epoch_samples", state.progress.epoch_samples);
  archive.value("/progress", "elapsed_seconds", state.progress.elapsed_seconds);

  archive.group("/history");
  transfer_history(archive, state.history);
}

template <typename Archive, typename Calibration_>
void transfer_calibration(Archive& archive, Calibration_& calibration) {
  archive.group("/calibration");
  archive.value("/calibration", "temperature", calibration.temperature);
  archive.value("/calibration", "images", calibration.images);
}

template <typename Archive, typename OutlierNetwork_>
void transfer_outlier_facts(Archive& archive, OutlierNetwork_& outliers) {
  archive.group("/others");
  archive.value("/others", "network", outliers.spec);
  archive.shape("/others", outliers.input);
}

/// Those blocks of a vector that `is_wanted` names, in a group `root` that is there already.
template <typename Archive, typename Vector, typename Wanted>
void transfer_blocks(Archive& archive, const std::string& root, const ParameterLayout& layout,
                     Vector& vector, const Wanted& is_wanted) {
  std::string open_layer;
  for (const ParameterBlock& block : layout.blocks()) {
    if (!is_wanted(block)) continue;
    if (block.layer != open_layer) archive.group(root + "/" + block.layer);
    open_layer = block.layer;
    archive.block(root + "/" + block.name(), block, vector);
  }
}

/// A vector of parameters, with their roles.
template <typename Archive, typename Vector>
void transfer_parameters(Archive& archive, const std::string& root, const ParameterLayout& layout,
                         Vector& vector) {
  transfer_blocks(archive, root, layout, vector, [](const ParameterBlock&) { return true; });
  for (const ParameterBlock& block : layout.blocks()) {
    archive.role(root + "/" + block.name(), block.shape.role);
  }
}

template <typename Archive, typename State>
void transfer_vectors(Archive& archive, State& state) {
  archive.group("/model");
  transfer_parameters(archive, "/model", state.layout, state.parameters);
  archive.group("/optimizer");
  transfer_blocks(archive, "/optimizer", state.layout, state.velocity,
                  [](const ParameterBlock& block) { return is_learned(block.shape.role); });
}

}  // namespace tally
