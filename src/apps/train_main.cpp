// SPDX-License-Identifier: MIT
// tally-train: trains and resumes; writes a run directory.
#include "tally/core/gemm.hpp"
#include "tally/io/config_file.hpp"
#include "tally/parallel/mpi_environment.hpp"
#include "tally/run/training_run.hpp"
#include "tool.hpp"
#include "train_options.hpp"

namespace tally {
namespace {

constexpr const char* kName = "tally-train";

ExitCode train(const Communicator& communicator, Heartbeat& heartbeat, int argc, char** argv) {
  CLI::App app("Trains a network by data-parallel SGD, the same bits at any number of ranks.",
               kName);
  const TrainOptions options(app);
  std::string text;
  bool is_training = false;
  communicator.together([&] {
    require_instruction_set();
    static_cast<void>(chosen_kernels());  // refuses what the environment may say
    is_training = parse_command_line(app, argc, argv, text) && !options.dump_config();
  });
  communicator.on_root([&] {
    if (options.dump_config()) text = to_toml(fresh_config(given_fields(options.launch())));
  });
  if (is_training) return run_training(communicator, heartbeat, options.launch());
  communicator.on_root([&] {
    fmt::print("{}", text);
    flush_output();
  });
  return ExitCode::kDone;
}

// Errors that all ranks share end all of them in good order, with one message; an error on this
// rank alone must end the others too, which may be waiting for it.
ExitCode train_and_report(int argc, char** argv) {
  const Communicator communicator;
  Heartbeat heartbeat;
  try {
    return train(communicator, heartbeat, argc, argv);
  } catch (const AgreedError& error) {
    if (communicator.is_root()) print_error(kName, error.what());
    return error.exit_code();
  } catch (const std::exception& error) {
    print_error(kName,
                fmt::format("{}, {}: {}", communicator.place(), heartbeat.text(), error.what()));
    communicator.abort(ExitCode::kFailure);
  }
}

}  // namespace
}  // namespace tally

int main(int argc, char** argv) {
  try {
    const tally::MpiEnvironment environment(argc, argv);
    return static_cast<int>(tally::train_and_report(argc, argv));
  } catch (const std::exception& error) {
    tally::print_error(tally::kName, error.what());
    return static_cast<int>(tally::ExitCode::kFailure);
  }
}
