// SPDX-License-Identifier: MIT
#include "tally/train/watchdog.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fstream>

#include <fmt/core.h>
#include <unistd.h>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"

namespace tally {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kFileTimeout{600};
constexpr milliseconds kPoll{100};
// A process that was stopped itself, and continued, has not been silent all the while.
constexpr milliseconds kLongestPoll{1000};
// Launchers may take so long to bring all ranks up.
constexpr seconds kStartTimeout{10};
// Between the reports of ranks that cannot see yet whether another one has spoken.
constexpr seconds kTurn{3};
// Without a sign of life for so long, a process is taken for frozen; a busy host takes less.
constexpr seconds kLongestBreath{5};
// Ranks that only know that they wait let those speak who see more.
constexpr seconds kPatience{3};

// Whether its process has ended; one that has may still wait for its parent to hear of it. What
// cannot be found out, with no descriptor left or between containers, is no death.
bool is_dead(std::int64_t process) {
  if (::kill(static_cast<pid_t>(process), 0) != 0) return errno == ESRCH;
  std::ifstream file(fmt::format("/proc/{}/stat", process));
  std::string line;
  if (!std::getline(file, line)) return false;
  const std::size_t name_end = line.rfind(") ");
  return name_end != std::string::npos && line.compare(name_end, 3, ") Z") == 0;
}

bool uses_files(Phase phase) {
  return phase == Phase::kLoad || phase == Phase::kScatter || phase == Phase::kReport ||
         phase == Phase::kSave;
}

// Whether a rank waits for no other one.
bool works_alone(Phase phase) {
  return phase == Phase::kForward || phase == Phase::kUpdate || phase == Phase::kReport;
}

}  // namespace

Watchdog::Watchdog(const Heartbeat& heartbeat, const StopRequest& signals, int rank,
                   seconds timeout)
    : heartbeat_(heartbeat),
      signals_(signals),
      place_(fmt::format("rank {}", rank)),
      rank_(rank),
      timeout_(timeout),
      thread_([this] { watch(); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Watchdog::set_timeout(seconds timeout) {
  const std::lock_guard lock(mutex_);
  timeout_ = timeout;
}

void Watchdog::introduce(int rank, std::string place, std::unique_ptr<Neighbours> neighbours) {
  const std::lock_guard lock(mutex_);
  rank_ = rank;
  place_ = std::move(place);
  neighbours_ = std::move(neighbours);
  watched_.clear();
  for (int i = 0; i < neighbours_->others(); ++i) {
    const Neighbours::Sight sight = neighbours_->see(i);
    watched_.push_back({.sight = sight, .can_be_seen = !is_dead(sight.process)});
  }
}

void Watchdog::watch() {
  Clock::time_point last = Clock::now();
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kPoll, [this] { return is_ending_; })) {
    const Clock::time_point now = Clock::now();
    look(std::min<Clock::duration>(now - last, kLongestPoll));
    last = now;
    explain_stop();
    if (timeout_ > seconds{0} && silent_ > limit()) end_process();
  }
}

void Watchdog::look(Clock::duration passed) {
  silent_ = heartbeat_.beats() == last_beats_ ? silent_ + passed : Clock::duration{};
  last_beats_ = heartbeat_.beats();
  if (!neighbours_) return;
  neighbours_->give_sign_of_life();
  for (int i = 0; i < neighbours_->others(); ++i) {
    Watched& other = watched_[i];
    const Neighbours::Sight sight = neighbours_->see(i);
    const bool lives = sight.signs_of_life != other.sight.signs_of_life;
    const bool beats = sight.beats != other.sight.beats;
    other.without_life = lives ? Clock::duration{} : other.without_life + passed;
    other.without_beat = beats ? Clock::duration{} : other.without_beat + passed;
    other.sight = sight;
  }
}

Watchdog::Clock::duration Watchdog::limit() const {
  if (heartbeat_.phase() == Phase::kStart) {
    return std::max(timeout_, kStartTimeout) + std::min(rank_, 20) * kTurn;
  }
  const bool may_be_files = is_at_files() && frozen() == nullptr;
  seconds patience = may_be_files ? std::max(timeout_, kFileTimeout) : timeout_;
  if (has_died(frozen())) patience = std::min(timeout_, kLongestBreath);
  const bool knows_more = frozen() != nullptr || works_alone(heartbeat_.phase()) ||
                          !heartbeat_.awaited().ranks().empty();
  return patience + milliseconds{std::min(rank_, 20) * 200} +
         (knows_more ? seconds{0} : std::min(kPatience, timeout_));
}

// Of those without a sign of life, the one that was silent first.
const Watchdog::Watched* Watchdog::frozen() const {
  const auto found = std::ranges::max_element(watched_, {}, &Watched::without_life);
  const Clock::duration breath = std::min(kLongestBreath, std::max(timeout_, seconds{1}));
  return found != watched_.end() && found->without_life >= breath ? &*found : nullptr;
}

// What has ended in good order is not waited for.
bool Watchdog::has_died(const Watched* other) {
  return other != nullptr && other->can_be_seen && other->sight.phase != Phase::kFinish &&
         is_dead(other->sight.process);
}

// One that waits for nobody and yet does not come forward.
const Watchdog::Watched* Watchdog::stuck() const {
  const auto found = std::ranges::find_if(watched_, [&](const Watched& other) {
    return works_alone(other.sight.phase) && other.without_beat >= timeout_;
  });
  return found != watched_.end() ? &*found : nullptr;
}

bool Watchdog::is_at_files() const {
  return uses_files(heartbeat_.phase()) || std::ranges::any_of(watched_, [](const Watched& other) {
           return uses_files(other.sight.phase);
         });
}

std::string Watchdog::awaited_places() const {
  std::string places;
  if (!neighbours_) return places;
  for (const int rank : heartbeat_.awaited().ranks()) {
    places += (places.empty() ? "" : " and ") + neighbours_->place(rank);
  }
  return places;
}

// Within the second that Open MPI 4.1's mpirun leaves between SIGTERM and SIGKILL; the quarter of a
// second of Open MPI 5 is too short to tell a rank that waits from one that is busy.
void Watchdog::explain_stop() {
  const milliseconds turn{300 + std::min(rank_, 4) * 100};
  if (has_explained_stop_ || !signals_.has_been_terminated() || silent_ < turn) return;
  if (!neighbours_ || neighbours_->elsewhere() == 0 || is_at_files()) return;
  if (heartbeat_.phase() == Phase::kFinish) return;  // launchers hurry the last ones of a run
  has_explained_stop_ = true;
  const std::string message = fmt::format("tally-train: {}: asked to stop, and waits at {}; {}\n",
                                          place_, heartbeat_.text(), diagnosis());
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, message.data(), message.size());
}

std::string Watchdog::diagnosis() const {
  const auto named = [](const Watched& other, std::string_view state) {
    return fmt::format("rank {} (process {} on this host) {} at {}", other.sight.rank,
                       other.sight.process, state, place_text(other.sight.step, other.sight.phase));
  };
  if (works_alone(heartbeat_.phase())) return "it is stuck itself";
  if (frozen() != nullptr) {
    return named(*frozen(), has_died(frozen()) ? "has died" : "is frozen");
  }
  if (stuck() != nullptr) return named(*stuck(), "is stuck");
  if (const std::string places = awaited_places(); !places.empty()) {
    return "no answer from " + places;
  }
  if (const int elsewhere = neighbours_ ? neighbours_->elsewhere() : 0; elsewhere > 0) {
    return elsewhere == 1
               ? "no answer from the rank on the other host"
               : fmt::format("no answer from one of the {} ranks on other hosts", elsewhere);
  }
  if (neighbours_) return "a thread of one of the ranks is stuck";
  return "another rank is frozen or cannot be reached";
}

void Watchdog::end_process() const {
  if (neighbours_ && !neighbours_->may_speak()) ::_exit(static_cast<int>(ExitCode::kFailure));
  const std::string message = fmt::format(
      "tally-train: {}: no progress for {} s at {}; {}. Continue with --resume; if steps really "
      "take so long, raise --stall-timeout\n",
      place_, duration_cast<seconds>(silent_).count(), heartbeat_.text(), diagnosis());
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, message.data(), message.size());
  ::_exit(static_cast<int>(ExitCode::kFailure));
}

}  // namespace tally
