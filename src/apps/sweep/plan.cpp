// SPDX-License-Identifier: MIT
#include "sweep/plan.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "sweep/choices.hpp"
#include "tally/core/digest.hpp"
#include "tally/core/error.hpp"
#include "tally/core/text.hpp"
#include "tally/state/config_fields.hpp"

namespace tally {
namespace {

constexpr std::size_t kMostTasks = 100'000;
constexpr std::size_t kMostNameBytes = 120;

// Of tally-train, beside the fields of its configuration.
constexpr std::array<std::string_view, 2> kLaunchTexts = {"config", "preset"};
constexpr std::array<std::string_view, 2> kLaunchFlags = {"oversubscribe", "profile"};

bool is_among(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool is_option(std::string_view name) {
  bool is_field = false;
  const RunConfig any;
  for_each_field(any, [&](const Field& field, const auto& /*value*/) {
    is_field = is_field || field.name == name;
  });
  return name != "run-dir" &&
         (is_field || is_among(kLaunchTexts, name) || is_among(kLaunchFlags, name));
}

void require_sound(const Override& option) {
  require(is_option(option.name), ExitCode::kUsage,
          "{}: tally-train has no such option that could be varied; see tally-train --help",
          option.origin);
  require(!option.text.empty(), ExitCode::kUsage, "{}: a value is empty", option.origin);
  const bool has_controls = std::ranges::any_of(option.text, [](char character) {
    const auto code = static_cast<unsigned char>(character);
    return code < 0x20 || code == 0x7F;
  });
  require(!has_controls, ExitCode::kUsage, "{}: expected no control characters, got \"{}\"",
          option.origin, printable(option.text));
  require(!is_among(kLaunchFlags, option.name) || option.text == "true" || option.text == "false",
          ExitCode::kUsage, "{}: expected true or false, got \"{}\"", option.origin,
          printable(option.text));
}

// Within one file a run may give again what is given to all of them.
Overrides without_repetitions(const Overrides& overrides) {
  Overrides once;
  for (const Override& option : overrides) {
    const auto before = std::ranges::find(once, option.name, &Override::name);
    if (before == once.end()) {
      once.push_back(option);
    } else {
      *before = option;
    }
  }
  return once;
}

void multiply(SweepChoices& product, const SweepChoices& factor) {
  require(factor.size() <= kMostTasks / product.size(), ExitCode::kUsage,
          "expected at most {} runs", grouped(kMostTasks));
  SweepChoices result;
  for (const Overrides& left : product) {
    for (const Overrides& choice : factor) {
      Overrides& both = result.emplace_back(left);
      for (const Override& option : without_repetitions(choice)) {
        require(value_of(left, option.name) == nullptr, ExitCode::kUsage, "{}: is varied twice",
                option.origin);
        both.push_back(option);
      }
    }
  }
  product = std::move(result);
}

void add_name(std::vector<std::string>& names, const std::string& name) {
  if (std::ranges::find(names, name) == names.end()) names.push_back(name);
}

bool differs(const SweepChoices& tasks, const std::string& name) {
  const std::string* first = value_of(tasks.front(), name);
  return !std::ranges::all_of(tasks, [&](const Overrides& options) {
    const std::string* value = value_of(options, name);
    return (value == nullptr) == (first == nullptr) && (value == nullptr || *value == *first);
  });
}

// Those of the words, in their order, and of files those that differ.
std::vector<std::string> varied_options(const std::vector<std::string>& words,
                                        const SweepChoices& tasks) {
  std::vector<std::string> names;
  std::vector<std::string> named;
  for (const std::string& word : words) named.push_back(word.substr(0, word.find('=')));
  for (const Overrides& options : tasks) {
    for (const Override& option : options) add_name(names, option.name);
  }
  std::erase_if(names, [&](const std::string& name) {
    if (name == "name") return true;
    return std::ranges::find(named, name) == named.end() && !differs(tasks, name);
  });
  return names;
}

bool is_safe(char character) {
  return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'z') ||
         (character >= 'A' && character <= 'Z') ||
         std::string_view("._+-").find(character) != std::string_view::npos;
}

// What tells texts apart that look the same without their special characters.
std::string mark_of(std::string_view text) {
  return to_hex(sha256(std::as_bytes(std::span(text)))).substr(0, 6);
}

std::string safe_text(const std::string& text) {
  if (std::ranges::all_of(text, is_safe)) return text;
  std::string safe;
  for (const char character : text) {
    if (is_safe(character)) {
      safe += character;
    } else if (!safe.empty() && safe.back() != '-') {
      safe += '-';
    }
  }
  return fmt::format("{}-{}", safe, mark_of(text));
}

// "learning-rate-0.2_seed-3", with what comes before it.
std::string with_values(std::string name, const Overrides& options,
                        const std::vector<std::string>& varied) {
  for (const std::string& option : varied) {
    const std::string* value = value_of(options, option);
    if (value == nullptr) continue;
    name += fmt::format("{}{}-{}", name.empty() ? "" : "_", option, safe_text(*value));
  }
  if (name.size() <= kMostNameBytes) return name;
  return fmt::format("{}-{}", name.substr(0, kMostNameBytes - 7), mark_of(name));
}

// `beside`: what is varied beside the file that has the names.
std::string name_of_task(const Overrides& options, const std::vector<std::string>& varied,
                         const std::vector<std::string>& beside) {
  if (const std::string* name = value_of(options, "name")) {
    require(std::ranges::all_of(*name, is_safe) && !name->empty() && name->front() != '.' &&
                name->front() != '-' && name->size() <= kMostNameBytes,
            ExitCode::kUsage, "name: expected letters, digits and ._+- only, got \"{}\"",
            printable(*name));
    require(*name != "sweep.csv" && *name != "seeds.csv", ExitCode::kUsage,
            "name: {} is a table of the sweep; expected another name", *name);
    return with_values(*name, options, beside);
  }
  const std::string name = with_values("", options, varied);
  return name.empty() ? "as-given" : name;
}

bool has_names(const SweepChoices& choices) {
  return std::ranges::any_of(
      choices, [](const Overrides& options) { return value_of(options, "name") != nullptr; });
}

void require_different_names(const SweepPlan& plan) {
  std::map<std::string, std::size_t> tasks;
  for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
    const auto [before, is_new] = tasks.emplace(plan.tasks[i].name, i);
    require(is_new, ExitCode::kUsage,
            "runs {} and {} would share the directory {}; leave one out, or name them apart",
            before->second + 1, i + 1, plan.tasks[i].name);
  }
}

}  // namespace

const std::string* value_of(const Overrides& options, std::string_view name) {
  const auto found = std::ranges::find(options, name, &Override::name);
  return found == options.end() ? nullptr : &found->text;
}

SweepPlan plan_sweep(const std::vector<std::string>& words) {
  SweepChoices tasks = {{}};
  std::vector<std::string> in_names;  // what files give to runs that they name
  for (const std::string& word : words) {
    const SweepChoices choices = choices_of(word);
    multiply(tasks, choices);
    if (!has_names(choices)) continue;
    for (const Overrides& options : choices) {
      for (const Override& option : options) add_name(in_names, option.name);
    }
  }
  SweepPlan plan{varied_options(words, tasks), {}};
  std::vector<std::string> beside = plan.varied;
  std::erase_if(beside, [&](const std::string& name) {
    return std::ranges::find(in_names, name) != in_names.end() || !differs(tasks, name);
  });
  for (Overrides& options : tasks) {
    const std::string name = name_of_task(options, plan.varied, beside);
    std::erase_if(options, [](const Override& option) { return option.name == "name"; });
    for (const Override& option : options) require_sound(option);
    plan.tasks.push_back({name, std::move(options)});
  }
  require_different_names(plan);
  return plan;
}

std::vector<std::string> command_line(const SweepTask& task) {
  std::vector<std::string> line;
  for (const Override& option : task.options) {
    if (!is_among(kLaunchFlags, option.name)) {
      line.push_back(fmt::format("--{}={}", option.name, option.text));
    } else if (option.text == "true") {
      line.push_back("--" + option.name);
    }
  }
  return line;
}

}  // namespace tally
