// SPDX-License-Identifier: MIT
#include "tally/run/launch_doctor.hpp"

#include <algorithm>
#include <array>

#include "tally/core/text.hpp"
#include "tally/data/data_directory.hpp"
#include "tally/io/config_file.hpp"
#include "tally/run/launch_check.hpp"
#include "tally/run/plan_check.hpp"
#include "tally/run/run_opening.hpp"

namespace tally {
namespace {

using Row = std::array<std::string, 7>;
using Widths = std::array<std::size_t, std::tuple_size_v<Row>>;

std::string to_line(const Row& row, const Widths& widths) {
  return fmt::format("{:>{}}  {:<{}}  {:<{}}  {:>{}}  {:>{}}  {:<{}}  {:>{}}\n", row[0], widths[0],
                     row[1], widths[1], row[2], widths[2], row[3], widths[3], row[4], widths[4],
                     row[5], widths[5], row[6], widths[6]);
}

// A checkpoint's size is known once the images' is.
std::size_t count_parameters(const RunConfig& config, Findings& findings) {
  std::size_t count = 0;
  const std::optional<Error> error = error_of([&] {
    const DataFingerprint shape =
        read_shape(find_dataset_files(data_directory(config.data).string()));
    count = parameter_layout(config, shape).count();
  });
  if (error) findings.error("{}", error->what());
  return count;
}

void look_at_work(const Communicator& communicator, const LaunchOptions& options,
                  LaunchFacts& facts, Findings& findings) {
  RunConfig config;
  communicator.on_root([&] { config = planned_config(options, findings); });
  config = config_from_toml(communicator.broadcast(to_toml(config)), "configuration of rank 0");
  const std::size_t parameters = communicator.is_root() ? count_parameters(config, findings) : 0;
  gather_work(communicator, config, options.oversubscribe, facts);
  gather_directory(communicator, config, parameters, facts);
  check_work(facts, findings);
  check_directory(facts, findings);
}

}  // namespace

std::string rank_table(const LaunchFacts& facts) {
  std::vector<Row> rows = {{"rank", "host", "cpuset", "cores", "threads", "by", "memory"}};
  for (std::size_t rank = 0; rank < facts.ranks.size(); ++rank) {
    const RankFacts& of_rank = facts.ranks[rank];
    rows.push_back({std::to_string(rank), of_rank.host_name, of_rank.cpus,
                    std::to_string(of_rank.share.own_processors),
                    of_rank.threads == 0 ? "?" : std::to_string(of_rank.threads),
                    of_rank.threads == 0 ? "?" : std::string(name_of(of_rank.threads_by)),
                    bytes_text(of_rank.free_bytes)});
  }
  Widths widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string table;
  for (const Row& row : rows) table += to_line(row, widths);
  return table;
}

std::string to_text(const Findings& findings) {
  std::string text;
  for (const std::string& error : findings.errors()) {
    text += "error: " + printable_line(error) + "\n";
  }
  for (const std::string& warning : findings.warnings()) {
    text += "warning: " + printable_line(warning) + "\n";
  }
  const auto count = [](const std::vector<std::string>& of, const char* noun) {
    return counted(of.size(), noun);
  };
  return fmt::format("{}{}, {}", text, count(findings.errors(), "error"),
                     count(findings.warnings(), "warning"));
}

ExitCode diagnose(const Communicator& communicator, const LaunchOptions& options) {
  ProgressReport report(!communicator.is_root());
  LaunchFacts facts = gather_ranks(communicator);
  Findings findings;
  check_ranks(facts, findings);
  bool has_errors = !findings.errors().empty();
  communicator.broadcast_value(has_errors);
  // Ranks of different programs, or of no job, may not go on together.
  if (!has_errors) look_at_work(communicator, options, facts, findings);
  const std::string started = facts.launcher.kind == Launcher::Kind::kNone
                                  ? "started without a launcher"
                                  : fmt::format("started by {}", name_of(facts.launcher.kind));
  if (communicator.is_root()) {
    report.result(fmt::format("{}MPI: {}, {}\n{}", rank_table(facts), facts.mpi_library, started,
                              to_text(findings)));
  }
  has_errors = !findings.errors().empty();
  communicator.broadcast_value(has_errors);
  return has_errors ? ExitCode::kUsage : ExitCode::kDone;
}

}  // namespace tally
