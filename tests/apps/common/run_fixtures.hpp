// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "support/temporary_directory.hpp"

// Run directories of a few files, as a training leaves them.
namespace tally {

inline constexpr const char* kDoneStatus =
    "DONE\nstep 32\ncheckpoint step-000000000032.h5\nworkers 2 ranks, 4 threads in all\n"
    "samples_per_second 1500\nreason finished\n";
inline constexpr const char* kRunningStatus = "RESUME\nstep 32\nreason running\n";

inline void put_file(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

/// Two epochs; the figures of the second are the last ones.
inline std::string metrics_text(const std::string& validation_accuracy,
                                const std::string& validation_loss = "0.4") {
  const bool has_validation = !validation_accuracy.empty();
  return "epoch,step,samples,learning_rate,train_loss,train_accuracy,validation_loss,"
         "validation_accuracy,test_loss,test_accuracy\n"
         "1,16,2048,0.1,1.5,0.5,,,1.25,0.5\n"
         "2,32,4096,0.1,0.5,0.8," +
         (has_validation ? validation_loss : "") + "," + validation_accuracy + ",0.3,0.9\n";
}

inline std::filesystem::path put_run(const std::filesystem::path& directory,
                                     const std::string& validation_accuracy,
                                     std::string_view status = kDoneStatus) {
  put_file(directory / "run.status", status);
  put_file(directory / "metrics.csv", metrics_text(validation_accuracy));
  return directory;
}

/// So that it is not as if somebody were writing to it.
inline void make_old(const std::filesystem::path& directory) {
  const auto long_ago = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    std::filesystem::last_write_time(entry.path(), long_ago);
  }
}

}  // namespace tally
