// SPDX-License-Identifier: MIT
// tally-checkpoint: looks into checkpoints without training.
#include "checkpoint/report.hpp"
#include "common/model_argument.hpp"
#include "common/tool.hpp"

namespace tally {
namespace {

LoadedCheckpoint load(const std::string& model) {
  return load_with_warnings("tally-checkpoint", model);
}

ExitCode info(const std::string& model) {
  const LoadedCheckpoint loaded = load(model);
  fmt::print("{}", describe(loaded.state, loaded.path.string()));
  return ExitCode::kDone;
}

ExitCode verify(const std::string& model) {
  const LoadedCheckpoint loaded = load(model);
  fmt::print("{}: whole, step {}\n", printable_line(loaded.path.string()),
             loaded.state.progress.step);
  // Of a run whose newest one is damaged, an earlier one was taken.
  return loaded.warnings.empty() ? ExitCode::kDone : ExitCode::kCheckpoint;
}

ExitCode digest(const std::string& model) {
  fmt::print("{}\n", to_hex(training_digest(load(model).state)));
  return ExitCode::kDone;
}

ExitCode diff(const std::string& first, const std::string& second) {
  const std::string differences = describe_differences(load(first), load(second));
  fmt::print("{}", differences);
  return differences.empty() ? ExitCode::kDone : ExitCode::kFailure;
}

}  // namespace
}  // namespace tally

int main(int argc, char** argv) {
  CLI::App app(
      "Inspects and compares checkpoints. MODEL is a checkpoint, or a run directory (its newest).",
      "tally-checkpoint");
  app.require_subcommand(1);
  std::string model;
  std::string other;
  const auto add = [&](const char* name, const char* help) {
    CLI::App* command = app.add_subcommand(name, help);
    command->add_option("model", model, "a checkpoint or a run directory")
        ->required()
        ->type_name("MODEL");
    return command;
  };
  const CLI::App* info = add("info", "show what it is, how far it got, how it was made");
  const CLI::App* verify = add("verify", "check that it is whole; exit code 4 if not");
  const CLI::App* digest = add("digest", "print the SHA-256 of parameters and optimizer state");
  CLI::App* diff =
      add("diff", "show what differs between two; exit code 0 if nothing, 1 if anything");
  diff->add_option("other", other, "a checkpoint or a run directory to compare with")
      ->required()
      ->type_name("MODEL");
  return tally::run_tool(app, argc, argv, [&] {
    if (*info) return tally::info(model);
    if (*verify) return tally::verify(model);
    if (*digest) return tally::digest(model);
    return tally::diff(model, other);
  });
}
