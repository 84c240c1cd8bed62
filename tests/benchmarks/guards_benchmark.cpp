// SPDX-License-Identifier: MIT
// tally_guards DATA [PAIRS]: what it costs a step to be watched, under mpirun with the default
// recipe. Epochs with a watchdog and signals and epochs without them take turns in one process, on
// the same memory. What a step itself does for its guards (heartbeats, the search for numbers that
// are not finite, flags), and what precedes a save, is timed by itself. Rank 0 prints the figures
// as JSON.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <numeric>

#include <fmt/format.h>

#include "tally/core/finite.hpp"
#include "tally/data/split_reader.hpp"
#include "tally/parallel/gradient_tree.hpp"
#include "tally/parallel/mpi_environment.hpp"
#include "tally/run/launch_options.hpp"
#include "tally/run/training_recipe.hpp"
#include "tally/train/stop_request.hpp"
#include "tally/train/watchdog.hpp"

namespace tally {
namespace {

using Clock = std::chrono::steady_clock;

double microseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

TrainingState initial_state(const DatasetFiles& files) {
  TrainingState state;
  state.config = fresh_config({});
  state.config.learning_rate = 1e-3;  // over hundreds of epochs
  state.config.schedule = ScheduleKind::kConstant;
  const SplitReader train(files.train), test(files.test);
  state.data = {train.count(), test.count(), train.rows(), train.columns(), {}};
  return state;
}

class GuardsBenchmark {
 public:
  GuardsBenchmark(const Communicator& communicator, StopRequest& signals, const DatasetFiles& files)
      : communicator_(communicator),
        signals_(signals),
        state_(initial_state(files)),
        network_(state_.config.network, state_.data.rows * state_.data.columns),
        loss_(make_loss(state_.config.loss)),
        plan_(shard_recipe(state_)),
        data_(scatter_dataset(communicator, files, data_use(state_, network_), plan_, state_.data)),
        shown_(communicator, heartbeat_) {
    state_.layout = network_.layout();
    state_.parameters = network_.initial_parameters(state_.config.initializer, state_.config.seed);
    state_.velocity.resize(state_.layout.size());
    trainer_ = std::make_unique<Trainer>(
        TrainerParts{communicator, team_, network_, *loss_, plan_, data_.train, heartbeat_},
        trainer_options(state_), state_);
  }

  // Microseconds of a step, over an epoch.
  double step(bool is_watched) {
    Heartbeat spare;  // goes on in memory that goes with the watchdog
    std::unique_ptr<Watchdog> watchdog;
    if (is_watched) {
      watchdog = std::make_unique<Watchdog>(heartbeat_, signals_, communicator_.rank(), kNever);
      watchdog->introduce(communicator_.rank(), communicator_.place(),
                          std::make_unique<Neighbours>(communicator_, spare));
    }
    communicator_.barrier();
    const Clock::time_point start = Clock::now();
    while (progress_.epoch_step < plan_.steps_per_epoch()) {
      trainer_->step(progress_, is_watched ? signals_.take() : 0);
    }
    const double microseconds = microseconds_since(start);
    progress_.epoch += 1;
    progress_.epoch_step = 0;
    return microseconds / static_cast<double>(plan_.steps_per_epoch());
  }

  // Microseconds of the heartbeats of a step and of its search for numbers that are not finite, in
  // blocks that were just summed, as they are then.
  double checks_of_a_step() {
    constexpr int kTimes = 2000;
    const AlignedVector block(GradientTree::kBlockElements, 0.5F);
    const Range slice =
        part_of({0, static_cast<std::int64_t>(network_.layout().size())}, communicator_.size(),
                communicator_.rank(), GradientTree::kBlockElements);
    std::size_t finite = 0;
    const Clock::time_point start = Clock::now();
    for (int i = 0; i < kTimes; ++i) {
      for (const Phase phase : {Phase::kForward, Phase::kReduce, Phase::kUpdate}) {
        heartbeat_.enter(phase);
      }
      heartbeat_.show(Phase::kReduce);
      for (std::int64_t at = slice.begin; at < slice.end; at += GradientTree::kBlockElements) {
        finite += first_not_finite(block);
      }
    }
    const double microseconds = microseconds_since(start) / kTimes;
    require(finite > 0, ExitCode::kFailure, "a worker without a slice");
    return microseconds;
  }

  // Microseconds of what comes before a save, shared among the steps of an epoch, which is the
  // default interval between saves.
  double before_save() {
    constexpr int kTimes = 20;
    const Clock::time_point start = Clock::now();
    for (int i = 0; i < kTimes; ++i) trainer_->require_sound_state();
    return microseconds_since(start) / kTimes / static_cast<double>(plan_.steps_per_epoch());
  }

 private:
  static constexpr std::chrono::seconds kNever{3600};

  const Communicator& communicator_;
  StopRequest& signals_;
  TrainingState state_;
  Network network_;
  std::unique_ptr<Loss> loss_;
  ShardPlan plan_;
  RankData data_;
  ThreadTeam team_{1};
  Heartbeat heartbeat_;
  Neighbours shown_;
  std::unique_ptr<Trainer> trainer_;
  Progress progress_;
};

// Microseconds by which a wait for all workers takes longer if they show and read flags.
double flags_of_a_step(const Host& host) {
  constexpr int kTimes = 2000;
  constexpr int kTurns = 25;
  std::vector<double> longer;
  for (int turn = 0; turn < kTurns; ++turn) {
    const Clock::time_point start = Clock::now();
    for (int i = 0; i < kTimes; ++i) {
      host.wait();
      host.wait();
    }
    const double without = microseconds_since(start);
    std::uint64_t seen = 0;
    for (int i = 0; i < kTimes; ++i) {
      host.post(Host::Board::kFlags, host.worker(0), 0);
      host.wait();
      seen |= host.posted_by_any(Host::Board::kFlags);
      host.wait();
    }
    require(seen == 0, ExitCode::kFailure, "flags that nobody has shown");
    longer.push_back((microseconds_since(start) - 2 * without) / kTimes);
  }
  return median(longer);
}

void measure(StopRequest& signals, const DatasetFiles& files, int pairs) {
  const Communicator communicator;
  GuardsBenchmark one_host(communicator, signals, files);
  static_cast<void>(one_host.step(true));
  const double checks = one_host.checks_of_a_step();
  std::vector<double> watched, bare, ratios;
  for (int pair = 0; pair < pairs; ++pair) {
    const bool is_watched_first = pair % 2 == 0;
    const double first = one_host.step(is_watched_first);
    const double second = one_host.step(!is_watched_first);
    watched.push_back(is_watched_first ? first : second);
    bare.push_back((is_watched_first ? second : first) - checks);
    ratios.push_back(watched.back() / bare.back());
  }
  const double flags = flags_of_a_step(Host(communicator, 1));
  const double before_save = one_host.before_save();

  std::vector<int> numbers(static_cast<std::size_t>(communicator.size()));
  std::iota(numbers.begin(), numbers.end(), 0);
  const Communicator apart(numbers);  // each rank a host of its own, whose bits are compared
  GuardsBenchmark hosts(apart, signals, files);
  const double before_save_of_hosts = hosts.before_save();
  if (!communicator.is_root()) return;
  fmt::print(
      "{{\"ranks\": {}, \"pairs\": {}, \"step\": {}, \"step_without\": {}, \"ratio\": {}, "
      "\"checks\": {}, \"flags\": {}, \"before_save\": {}, \"before_save_of_hosts\": {}}}\n",
      communicator.size(), pairs, median(watched), median(bare), median(ratios), checks, flags,
      before_save, before_save_of_hosts);
}

}  // namespace
}  // namespace tally

int main(int argc, char** argv) {
  using namespace tally;
  try {
    StopRequest signals;  // before any other thread
    const MpiEnvironment environment(argc, argv);
    require(argc > 1, ExitCode::kUsage, "expected DATA [PAIRS]");
    measure(signals, find_dataset_files(argv[1]), argc > 2 ? std::atoi(argv[2]) : 60);
  } catch (const std::exception& error) {
    fmt::print(stderr, "tally_guards: {}\n", error.what());
    std::_Exit(1);
  }
}
