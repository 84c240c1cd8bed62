// SPDX-License-Identifier: MIT
#include "train/options.hpp"

#include <type_traits>

#include "tally/core/text.hpp"
#include "tally/state/config_fields.hpp"
#include "tally/state/config_text.hpp"

namespace tally {
namespace {

// What --help shows as the default of fields whose own is empty.
std::string default_text(const Field& field, const std::string& text) {
  if (field.name == "data") return "data/mnist, else data/digits";
  if (field.name == "run-dir") return "runs/<date-time>";
  return text;
}

template <typename Value>
std::string choices(const Value& value) {
  if constexpr (std::is_enum_v<Value>) {
    std::string text;
    for (const std::string_view name : names_of(value)) {
      text += (text.empty() ? ": " : " | ") + std::string(name);
    }
    return text;
  }
  return "";
}

constexpr std::string_view kStallTimeout = "--stall-timeout";

}  // namespace

std::chrono::seconds given_stall_timeout(int argc, char** argv) {
  const RunConfig defaults;
  std::int64_t timeout = defaults.stall_timeout;
  double greatest = 0;
  for_each_field(defaults, [&](const Field& field, const auto& /*value*/) {
    if (field.name == kStallTimeout.substr(2)) greatest = field.greatest;
  });
  for (int i = 1; i < argc; ++i) {
    std::string_view word = argv[i];
    if (!word.starts_with(kStallTimeout)) continue;
    word.remove_prefix(kStallTimeout.size());
    if (word.empty() && i + 1 < argc) word = argv[i + 1];
    if (word.starts_with('=')) word.remove_prefix(1);
    std::int64_t number = 0;
    const bool is_valid =
        parse_number(word, number) && number >= 0 && static_cast<double>(number) <= greatest;
    if (is_valid) timeout = number;  // others are refused when all options are parsed
  }
  return std::chrono::seconds{timeout};
}

TrainOptions::TrainOptions(CLI::App& app) {
  const RunConfig defaults;
  for_each_field(defaults, [&](const Field& field, const auto& value) {
    auto& entry = *fields_.emplace_back(std::make_unique<FieldOption>());
    entry.name = field.name;
    const std::string flag = "--" + entry.name;
    const std::string help = std::string(field.help) + choices(value);
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>, bool>) {
      entry.is_switch = true;
      entry.option = app.add_flag(flag, entry.is_set, help);
    } else {
      entry.option = app.add_option(flag, entry.text, help)
                         ->type_name(std::string(field.value_name))
                         ->default_str(default_text(field, to_text(value)));
    }
  });
  for (const auto& field : fields_) field->option->take_last();
  app.add_flag("--resume", launch_.resume,
               "continue the run in --run-dir, on any ranks and threads");
  app.add_option("--preset", launch_.preset,
                 "a recipe to start from: paper | fast | cnn | cnn-norm")
      ->type_name("NAME");
  app.add_option("--config", launch_.config_file, "options from a TOML file")->type_name("FILE");
  app.add_flag("--profile", launch_.profile,
               "report where the time went, and write profile.json to the run directory");
  app.add_flag("--doctor", launch_.doctor, "report what is wrong with the launch; train nothing");
  app.add_flag("--check", launch_.check,
               "report what is wrong with options, data, network and --run-dir, without MPI; "
               "train nothing");
  app.add_flag("--oversubscribe", launch_.oversubscribe,
               "allow more --threads than cores: slow, but shows what many threads compute");
  app.add_flag("--describe", describe_,
               "print the network layer by layer: outputs, parameters, operations, memory; without "
               "MPI; train nothing");
  app.add_flag("--dump-config", dump_config_, "print the resulting configuration as TOML and stop");
  app.add_option("--dump-order", launch_.dump_order, "write step,rank,shard,sample of every sample")
      ->type_name("FILE");
}

LaunchOptions TrainOptions::launch() const {
  LaunchOptions launch = launch_;
  for (const auto& field : fields_) {
    if (field->option->count() == 0) continue;
    launch.overrides.push_back(
        {field->name, field->is_switch ? to_text(field->is_set) : field->text, "--" + field->name});
  }
  return launch;
}

}  // namespace tally
