// SPDX-License-Identifier: MIT
#include "tally/run/progress_report.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "tally/core/standard_streams.hpp"
#include "tally/core/text.hpp"

namespace tally {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kRedraw{100};
constexpr int kBarWidth = 30;

std::string percent(double fraction) {
  return fmt::format("{:.2f} %", 100 * fraction);
}

std::string set_text(std::string_view name, const SetFigures& figures) {
  if (std::isnan(figures.accuracy)) return "";
  return fmt::format("  {} {}", name, percent(figures.accuracy));
}

std::string bar_text(double done) {
  const auto filled = static_cast<std::size_t>(done * kBarWidth);
  return fmt::format("[{:<{}}]", std::string(filled, '='), kBarWidth);
}

// Under mpirun the standard output of a rank is always a terminal of mpirun's making, so what
// counts is that of its parent.
bool shows_on_terminal() {
  if (std::getenv("OMPI_COMM_WORLD_SIZE") == nullptr) return ::isatty(STDOUT_FILENO) == 1;
  std::error_code error;
  const auto target = std::filesystem::read_symlink(
      fmt::format("/proc/{}/fd/{}", ::getppid(), STDOUT_FILENO), error);
  return !error &&
         (target.string().starts_with("/dev/pts/") || target.string().starts_with("/dev/tty"));
}

void print(std::string_view text) {
  // A closed or full standard output must not end a training, so failures are ignored.
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

ProgressReport::ProgressReport(bool quiet, bool is_silent)
    : quiet_(quiet), is_silent_(is_silent), is_terminal_(shows_on_terminal()) {}

ProgressReport::~ProgressReport() {
  clear_bar();
}

void ProgressReport::line(const std::string& text) {
  if (!quiet_) result(printable_line(text));
}

void ProgressReport::result(const std::string& text) {
  if (is_silent_) return;
  clear_bar();
  print(printable_lines(text) + "\n");
}

void ProgressReport::warning(const std::string& text) {
  if (is_silent_) return;
  clear_bar();
  print_warning("tally-train", text);
}

void ProgressReport::step(const Progress& progress, std::int64_t epochs,
                          std::int64_t steps_per_epoch) {
  const Clock::time_point now = Clock::now();
  if (quiet_ || is_silent_ || !is_terminal_ || now - last_drawn_ < kRedraw) return;
  last_drawn_ = now;
  has_bar_ = true;
  const double done =
      static_cast<double>(progress.epoch_step) / static_cast<double>(steps_per_epoch);
  const double loss = progress.epoch_loss_sum /
                      static_cast<double>(std::max<std::int64_t>(1, progress.epoch_samples));
  print(fmt::format("\repoch {}/{} {} {:3.0f} %  loss {:.4f}\033[K", progress.epoch + 1, epochs,
                    bar_text(done), 100 * done, loss));
}

void ProgressReport::epoch(const Epoch& epoch) {
  const EpochRow& row = epoch.row;
  line(fmt::format("epoch {:>{}}/{}  loss {:.4f}{}{}{}  {} samples/s{}", row.epoch,
                   fmt::formatted_size("{}", epoch.epochs), epoch.epochs, row.train.loss,
                   set_text("train", row.train), set_text("validation", row.validation),
                   set_text("test", row.test), grouped(std::llround(epoch.samples_per_second)),
                   epoch.is_saved ? "  saved" : ""));
}

void ProgressReport::clear_bar() {
  if (!has_bar_) return;
  print("\r\033[K");
  has_bar_ = false;
}

}  // namespace tally
