// SPDX-License-Identifier: MIT
#include "tally/run/network_description.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "tally/core/split.hpp"
#include "tally/core/text.hpp"
#include "tally/data/data_directory.hpp"
#include "tally/run/plan_check.hpp"
#include "tally/run/run_opening.hpp"

namespace tally {
namespace {

// Of a layer, or of several that are computed as one.
struct Costs {
  std::int64_t learned = 0;
  std::int64_t measured = 0;
  std::int64_t operations = 0;  // per sample and step
  std::int64_t bytes = 0;       // per sample

  void add(const Costs& other) {
    learned += other.learned;
    measured += other.measured;
    operations += other.operations;
    bytes += other.bytes;
  }
};

Costs costs_of(const Layer& layer, bool has_learning_before) {
  Costs costs;
  for (const ParameterShape& shape : layer.parameter_shapes()) {
    (is_learned(shape.role) ? costs.learned : costs.measured) += shape.rows * shape.columns;
  }
  const bool learns = has_learning_before || costs.learned > 0;
  // Forward, the gradient of the weights, and that of the inputs where something before learns.
  const int passes = has_learning_before ? 3 : 2;
  costs.operations = learns ? 2 * passes * layer.multiplications() : 0;
  costs.bytes =
      static_cast<std::int64_t>(sizeof(Real)) * (2 * layer.output().size() + layer.saved_columns());
  return costs;
}

// By their positions in the text.
std::map<int, Costs> costs_by_position(const LayerSpecs& specs) {
  std::map<int, Costs> costs;
  bool has_learned = false;
  for (const LayerSpec& spec : fused(specs)) {
    costs[spec.position] = costs_of(*spec.make_layer(), has_learned);
    has_learned = has_learned || costs[spec.position].learned > 0;
  }
  return costs;
}

std::string megaflop_text(std::int64_t operations) {
  return operations == 0 ? "" : fmt::format("{:.3f}", static_cast<double>(operations) * 1e-6);
}

std::string kilobyte_text(std::int64_t bytes) {
  return fmt::format("{:.1f}", static_cast<double>(bytes) * 1e-3);
}

std::string line(std::string_view layer, std::string_view output, const Costs& costs) {
  return fmt::format("{:<24}{:<16}{:>12}{:>10}{:>10}\n", layer, output,
                     costs.learned == 0 ? "" : grouped(costs.learned),
                     megaflop_text(costs.operations), kilobyte_text(costs.bytes));
}

// What the headers of the data say, if there are any.
std::optional<Shape> shape_of_data(const RunConfig& config) {
  std::optional<Shape> shape;
  static_cast<void>(error_of([&] {
    shape = image_shape(read_shape(find_dataset_files(data_directory(config.data).string())));
  }));
  return shape;
}

}  // namespace

std::string network_table(const Network& network, Index micro_batch) {
  const LayerSpecs& specs = network.specs();
  const std::map<int, Costs> by_position = costs_by_position(specs);
  const std::vector<std::string_view> tokens = split(network.text(), ',');
  Costs all;
  all.bytes = static_cast<std::int64_t>(sizeof(Real)) * network.inputs();
  std::string text = fmt::format("{:<24}{:<16}{:>12}{:>10}{:>10}\n", "layer", "output",
                                 "parameters", "MFLOP", "kB");
  text += line("   input", to_text(specs.front().input), all);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const std::string name = fmt::format("{:>2} {}", i, tokens[i]);
    const auto found = by_position.find(static_cast<int>(i));
    if (found == by_position.end()) {
      text += fmt::format("{:<24}{:<16}{:>12}\n", name, to_text(specs[i].output), "-");
      continue;
    }
    text += line(name, to_text(specs[i].output), found->second);
    all.add(found->second);
  }
  text += line("   all", "", all);
  if (all.measured > 0) text += fmt::format("and {} measured statistics\n", grouped(all.measured));
  return text +
         fmt::format(
             "MFLOP and kB: of products and of activations, per sample of a training step; -: "
             "at no cost, or part of the layer above\n"
             "a micro-batch of {}: {:.2f} MB in each thread\n",
             micro_batch, static_cast<double>(micro_batch * all.bytes) * 1e-6);
}

std::string describe_network(const LaunchOptions& options) {
  Findings findings;
  const RunConfig config = planned_config(options, findings);
  const std::optional<Shape> shape = shape_of_data(config);
  constexpr Shape kUsual = {28, 28, 1};
  const Network network(config.network, shape.value_or(kUsual));
  return (shape ? "" : "no data found: images of 28 x 28 are assumed\n") +
         network_table(network, config.micro_batch.value);
}

}  // namespace tally
