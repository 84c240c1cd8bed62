// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "tally/core/build_info.hpp"
#include "tally/core/error.hpp"
#include "tally/core/standard_streams.hpp"
#include "tally/core/text.hpp"

// What the mains of all tools share.
namespace tally {

inline std::string unwritable_output(int error_number) {
  return "standard output: cannot be written: " + system_error_text(error_number);
}

/// What was printed must have arrived: a full disk is a failure of the tool. Throws an Error.
inline void flush_output() {
  const bool has_failed_before = std::ferror(stdout) != 0;
  if (std::fflush(stdout) == 0 && !has_failed_before) return;
  fail(ExitCode::kFailure, "{}", unwritable_output(errno));
}

/// Prints a text of any length, all of which must arrive. Throws an Error.
inline void print_output(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) < text.size()) {
    fail(ExitCode::kFailure, "{}", unwritable_output(errno));
  }
  flush_output();
}

/// Takes numbers from `least` to `most`, and refuses others in the same words with every version of
/// CLI11.
template <typename Number>
CLI::Validator number_between(Number least, Number most) {
  const auto refusal_of = [=](const std::string& text) {
    Number number{};
    const bool is_taken = parse_number(text, number) && number >= least && number <= most;
    return is_taken ? "" : fmt::format("expected {} to {}, got {}", least, most, printable(text));
  };
  const char* const type = std::is_integral_v<Number> ? "INT" : "FLOAT";
  return CLI::Validator(refusal_of, fmt::format("{} in [{} - {}]", type, least, most));
}

/// Parses the command line into what `app` was told of. Returns false if --help or --version was
/// asked for, with the text to print; the version names a library behind the tool, if one is given.
/// Throws an Error for a wrong command line.
inline bool parse_command_line(CLI::App& app, int argc, char** argv, std::string& text,
                               const std::string& library = "") {
  app.set_version_flag("--version",
                       fmt::format("{} {}{}", app.get_name(), version(),
                                   library.empty() ? "" : fmt::format(" ({})", library)));
  try {
    app.parse(argc, argv);
    return true;
  } catch (const CLI::CallForHelp&) {
    text = app.help();
  } catch (const CLI::CallForAllHelp&) {
    text = app.help("", CLI::AppFormatMode::All);
  } catch (const CLI::CallForVersion& version_call) {
    text = std::string(version_call.what()) + "\n";
  } catch (const CLI::ParseError& error) {
    // CLI11 has them in reverse order, and only asks for a subcommand where a misspelt one stands.
    std::vector<std::string> unexpected;
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr ||
        dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
      unexpected = app.remaining(true);
      std::erase(unexpected, "--");
    }
    const std::string words = CLI::detail::join(unexpected, " ");
    fail(ExitCode::kUsage, "{}; see --help",
         words.empty() ? error.what() : printable(words) + ": not expected");
  }
  return false;
}

/// The main of a tool without MPI: `work` runs if there is more to do than printing help.
template <typename Work>
int run_tool(CLI::App& app, int argc, char** argv, Work&& work) {
  reserve_standard_streams();
  std::signal(SIGXFSZ, SIG_IGN);  // a limit of file sizes is an error of a write
  const OutputPipe output;
  try {
    require_instruction_set();
    std::string text;
    ExitCode exit_code = ExitCode::kDone;
    if (parse_command_line(app, argc, argv, text)) {
      exit_code = work();
    } else {
      fmt::print("{}", text);
    }
    flush_output();
    return static_cast<int>(exit_code);
  } catch (const Error& error) {
    output.end_without_reader();
    print_error(app.get_name(), error.what());
    return static_cast<int>(error.exit_code());
  } catch (const std::bad_alloc&) {
    print_error(app.get_name(), "out of memory");
  } catch (const std::system_error& error) {  // of fmt::print: a text longer than the buffer
    output.end_without_reader();
    const bool is_output = std::ferror(stdout) != 0;
    print_error(app.get_name(), is_output ? unwritable_output(error.code().value()) : error.what());
  } catch (const std::exception& error) {
    output.end_without_reader();
    print_error(app.get_name(), error.what());
  }
  return static_cast<int>(ExitCode::kFailure);
}

}  // namespace tally
