// SPDX-License-Identifier: MIT
// tally-train: trains and resumes; writes a run directory.
#include "common/tool.hpp"
#include "tally/core/gemm.hpp"
#include "tally/io/config_file.hpp"
#include "tally/parallel/barrier.hpp"
#include "tally/parallel/mpi_environment.hpp"
#include "tally/run/launch.hpp"
#include "tally/run/launcher.hpp"
#include "tally/run/network_description.hpp"
#include "tally/run/plan_check.hpp"
#include "tally/run/recipe_doubts.hpp"
#include "train/openmp_waiting.hpp"
#include "train/options.hpp"

namespace tally {
namespace {

constexpr const char* kName = "tally-train";

std::string dumped_config(const LaunchOptions& options) {
  const LaunchOverrides overrides = launch_overrides(options);
  const RunConfig config = fresh_config(overrides);
  for (const std::string& doubt : recipe_doubts(overrides, config, std::nullopt)) {
    print_warning(kName, doubt);
  }
  return to_toml(config);
}

struct CommandLine {
  CLI::App app{"Trains a network by data-parallel SGD, to the same bits at any number of ranks.",
               kName};
  TrainOptions options{app};
  std::string text;  // of --help, --version, --dump-config, --describe or --check
  ExitCode exit_code = ExitCode::kDone;

  /// Whether there is more to do than printing an answer.
  bool parse(int argc, char** argv) {
    const bool has_options = parse_command_line(app, argc, argv, text, mpi_library());
    return has_options && !options.dump_config() && !options.describe() && !options.launch().check;
  }

  /// What is to be printed, unless it is there already. One process asks.
  void answer() {
    if (!text.empty()) return;
    const LaunchOptions launch = options.launch();
    if (launch.check) {
      const PlanReport report = check_plan(launch);
      text = report.text;
      exit_code = report.exit_code;
    } else if (options.describe()) {
      text = describe_network(launch);
    } else {
      text = dumped_config(launch);
    }
  }

  void print() const { print_output(text); }
};

void require_this_build() {
  require_instruction_set();
  static_cast<void>(chosen_kernels());  // refuses what the environment may say
}

// On some login nodes MPI hangs or aborts when it starts, so questions are answered, and options
// refused, before it does, unless other ranks would repeat that. Returns the exit code if there was
// nothing else to do.
std::optional<ExitCode> answer_without_mpi(int argc, char** argv, const OutputPipe& output) {
  if (is_launched()) return std::nullopt;
  CommandLine line;
  require_this_build();
  if (line.parse(argc, argv)) return std::nullopt;
  line.answer();
  try {
    line.print();
  } catch (const std::exception&) {
    output.end_without_reader();
    throw;
  }
  return line.exit_code;
}

ExitCode train(const Launch& launch, int argc, char** argv) {
  const Communicator& communicator = launch.communicator;
  launch.watchdog.introduce(communicator.rank(), communicator.place(),
                            std::make_unique<Neighbours>(communicator, launch.heartbeat));
  CommandLine line;
  bool is_training = false;
  communicator.together([&] {
    require_this_build();
    static_cast<void>(pretended_hosts());
    launch.heartbeat.arm_fault(communicator.rank());
    is_training = line.parse(argc, argv);
  });
  if (is_training) return run_training(launch, line.options.launch());
  communicator.on_root([&] {
    line.answer();
    line.print();
  });
  communicator.broadcast_value(line.exit_code);
  return line.exit_code;
}

// Open MPI 4 ends the process where it cannot start, after a page that does not say what to do.
void warn_of_missing_pmix() {
  const std::string remedy = remedy_for_srun(process_environment());
  if (!remedy.empty() && mpi_library().starts_with("Open MPI v4")) print_error(kName, remedy);
}

// Errors that all ranks share end all of them in good order, with one message; an error on this
// rank alone must end the others too, which may be waiting for it.
ExitCode train_and_report(const Launch& launch, int argc, char** argv) {
  const Communicator& communicator = launch.communicator;
  try {
    const ExitCode exit_code = train(launch, argc, argv);
    launch.heartbeat.enter(Phase::kFinish);
    return exit_code;
  } catch (const AgreedError& error) {
    launch.heartbeat.show(Phase::kFinish);
    if (communicator.is_root()) print_error(kName, error.what());
    return error.exit_code();
  } catch (const PeerFailed&) {
    communicator.await_abort();
  } catch (...) {
    const Error error = *error_of([] { throw; });
    print_error(kName, fmt::format("{}, {}: {}", communicator.place(), launch.heartbeat.text(),
                                   error.what()));
    communicator.abort(ExitCode::kFailure);
  }
}

}  // namespace
}  // namespace tally

int main(int argc, char** argv) {
  using namespace tally;
  reserve_standard_streams();
  choose_openmp_waiting(argv);
  const OutputPipe output;
  const auto started = std::chrono::steady_clock::now();
  Heartbeat heartbeat;
  StopRequest signals;  // before any other thread
  Watchdog watchdog(heartbeat, signals, launched_rank(), given_stall_timeout(argc, argv));
  try {
    if (const auto answered = answer_without_mpi(argc, argv, output))
      return static_cast<int>(*answered);
    warn_of_missing_pmix();
    const MpiEnvironment environment(argc, argv);
    std::vector<int> hosts;
    static_cast<void>(error_of([&] { hosts = pretended_hosts(); }));  // train() refuses it
    const Communicator communicator(hosts);
    const Launch launch{communicator, heartbeat, watchdog, signals, started};
    return static_cast<int>(train_and_report(launch, argc, argv));
  } catch (const Error& error) {
    print_error(kName, error.what());
    return static_cast<int>(error.exit_code());
  } catch (const std::exception& error) {
    print_error(kName, error.what());
    return static_cast<int>(ExitCode::kFailure);
  }
}
