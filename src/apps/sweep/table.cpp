// SPDX-License-Identifier: MIT
#include "sweep/table.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "tally/core/csv.hpp"
#include "tally/core/text.hpp"
#include "tally/io/posix_file.hpp"

namespace tally {
namespace {

std::string figure_text(double value) {
  return std::isnan(value) ? "" : fmt::format("{}", value);
}

std::string value_text(const SweepTask& task, const std::string& option) {
  const std::string* value = value_of(task.options, option);
  return value == nullptr ? "" : *value;
}

// The positions of those that are left, the best first.
template <typename IsLeft, typename IsBetter>
std::vector<std::size_t> ranking(std::size_t count, IsLeft&& is_left, IsBetter&& is_better_than) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::erase_if(order, [&](std::size_t i) { return !is_left(i); });
  std::ranges::stable_sort(order, is_better_than);
  return order;
}

std::vector<std::size_t> ranking_of(const std::vector<RunSummary>& runs) {
  return ranking(
      runs.size(), [&](std::size_t i) { return is_choosable(runs[i]); },
      [&](std::size_t a, std::size_t b) { return is_better(runs[a], runs[b]); });
}

std::string rank_text(const std::vector<std::size_t>& order, std::size_t i) {
  const auto place = std::ranges::find(order, i);
  return place == order.end() ? "" : std::to_string(place - order.begin() + 1);
}

// --- over seeds ---

struct Sample {
  std::vector<double> values;

  [[nodiscard]] double mean() const {
    if (values.empty()) return std::nan("");
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  }

  [[nodiscard]] double deviation() const {
    if (values.size() < 2) return std::nan("");
    const double middle = mean();
    double squares = 0;
    for (const double value : values) squares += (value - middle) * (value - middle);
    return std::sqrt(squares / static_cast<double>(values.size() - 1));
  }

  void add(double value) {
    if (!std::isnan(value)) values.push_back(value);
  }
};

/// The runs that differ in nothing but the seed.
struct Configuration {
  CsvRow values;  ///< of the other options that are varied
  std::int64_t runs = 0;
  std::int64_t done = 0;
  Sample validation, test;  ///< accuracies of those that are done
};

std::vector<std::string> without_seed(std::vector<std::string> options) {
  std::erase(options, "seed");
  return options;
}

bool varies_seed(const SweepPlan& plan) {
  return std::ranges::find(plan.varied, "seed") != plan.varied.end();
}

std::vector<Configuration> configurations(const SweepPlan& plan,
                                          const std::vector<RunSummary>& runs) {
  std::vector<Configuration> found;
  std::map<CsvRow, std::size_t> positions;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    CsvRow values;
    for (const std::string& option : without_seed(plan.varied)) {
      values.push_back(value_text(plan.tasks[i], option));
    }
    const auto [position, is_new] = positions.emplace(values, found.size());
    if (is_new) found.push_back({values, 0, 0, {}, {}});
    Configuration& configuration = found[position->second];
    configuration.runs += 1;
    if (runs[i].condition != RunCondition::kDone) continue;
    configuration.done += 1;
    configuration.validation.add(runs[i].validation.accuracy);
    configuration.test.add(runs[i].test.accuracy);
  }
  return found;
}

std::vector<std::size_t> ranking_of(const std::vector<Configuration>& all) {
  const auto mean = [&](std::size_t i) { return all[i].validation.mean(); };
  return ranking(
      all.size(), [&](std::size_t i) { return !std::isnan(mean(i)); },
      [&](std::size_t a, std::size_t b) { return mean(a) > mean(b); });
}

// "learning-rate 0.2, momentum 0.9"
std::string text_of(const Configuration& configuration, const SweepPlan& plan) {
  const std::vector<std::string> options = without_seed(plan.varied);
  std::string text;
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (configuration.values[i].empty()) continue;  // not given
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", options[i], configuration.values[i]);
  }
  return text.empty() ? "the configuration" : text;
}

std::string spread_text(const Sample& sample) {
  if (std::isnan(sample.deviation())) return percent_text(sample.mean());
  return fmt::format("{} +- {:.2f}", percent_text(sample.mean()), 100 * sample.deviation());
}

std::string verdict_on_seeds(const SweepPlan& plan, const std::vector<RunSummary>& runs) {
  const std::vector<Configuration> all = configurations(plan, runs);
  const std::vector<std::size_t> order = ranking_of(all);
  if (order.empty()) return "";
  const Configuration& best = all[order[0]];
  return fmt::format("best by validation over {}: {}, {}\n", counted(best.done, "seed"),
                     text_of(best, plan), spread_text(best.validation));
}

}  // namespace

std::vector<RunSummary> summarize(const std::filesystem::path& sweep, const SweepPlan& plan) {
  std::vector<RunSummary> runs;
  for (const SweepTask& task : plan.tasks) runs.push_back(summarize(sweep / task.name));
  return runs;
}

std::string sweep_table(const SweepPlan& plan, const std::vector<RunSummary>& runs) {
  CsvRow names = {"task", "run"};
  names.insert(names.end(), plan.varied.begin(), plan.varied.end());
  for (const char* name :
       {"state", "step", "epoch", "train_loss", "train_accuracy", "validation_loss",
        "validation_accuracy", "test_loss", "test_accuracy", "rank", "reason"}) {
    names.emplace_back(name);
  }
  std::string table = csv_line(names);
  const std::vector<std::size_t> order = ranking_of(runs);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const RunSummary& run = runs[i];
    CsvRow row = {std::to_string(i + 1), plan.tasks[i].name};
    for (const std::string& option : plan.varied) row.push_back(value_text(plan.tasks[i], option));
    row.insert(row.end(), {std::string(name_of(run.condition)), std::to_string(run.step),
                           std::to_string(run.epoch)});
    for (const SetFigures& figures : {run.train, run.validation, run.test}) {
      row.insert(row.end(), {figure_text(figures.loss), figure_text(figures.accuracy)});
    }
    row.insert(row.end(), {rank_text(order, i), printable(run.reason)});
    table += csv_line(row);
  }
  return table;
}

std::string seeds_table(const SweepPlan& plan, const std::vector<RunSummary>& runs) {
  if (!varies_seed(plan)) return "";
  CsvRow names = without_seed(plan.varied);
  for (const char* name :
       {"runs", "done", "validation_accuracy_mean", "validation_accuracy_deviation",
        "test_accuracy_mean", "test_accuracy_deviation", "rank"}) {
    names.emplace_back(name);
  }
  std::string table = csv_line(names);
  const std::vector<Configuration> all = configurations(plan, runs);
  const std::vector<std::size_t> order = ranking_of(all);
  for (std::size_t i = 0; i < all.size(); ++i) {
    CsvRow row = all[i].values;
    row.insert(row.end(), {std::to_string(all[i].runs), std::to_string(all[i].done)});
    for (const Sample& sample : {all[i].validation, all[i].test}) {
      row.insert(row.end(), {figure_text(sample.mean()), figure_text(sample.deviation())});
    }
    row.push_back(rank_text(order, i));
    table += csv_line(row);
  }
  return table;
}

std::string sweep_verdict(const SweepPlan& plan, const std::vector<RunSummary>& runs) {
  std::string text =
      fmt::format("{}: {}", counted(std::ssize(runs), "task"), count_by_condition(runs));
  const std::vector<std::size_t> order = ranking_of(runs);
  if (order.empty()) {
    return text +
           "; no run is ranked: hold images out with --validation, since choosing by the test set "
           "biases its figures\n";
  }
  text += fmt::format("; best by validation: {}, {}\n", plan.tasks[order[0]].name,
                      percent_text(runs[order[0]].validation.accuracy));
  return varies_seed(plan) ? text + verdict_on_seeds(plan, runs) : text;
}

std::string write_sweep_tables(const std::filesystem::path& sweep, const SweepPlan& plan) {
  const auto no_check = [] {};
  std::vector<RunSummary> runs = summarize(sweep, plan);
  for (;;) {
    replace_file(sweep / "sweep.csv", sweep_table(plan, runs), no_check);
    const std::string seeds = seeds_table(plan, runs);
    if (!seeds.empty()) replace_file(sweep / "seeds.csv", seeds, no_check);
    std::vector<RunSummary> later = summarize(sweep, plan);
    if (std::ranges::equal(later, runs, {}, &RunSummary::condition, &RunSummary::condition)) {
      return sweep_verdict(plan, runs);
    }
    runs = std::move(later);
  }
}

}  // namespace tally
