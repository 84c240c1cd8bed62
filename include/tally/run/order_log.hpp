// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "tally/io/output_file.hpp"
#include "tally/parallel/communicator.hpp"
#include "tally/train/used_sample.hpp"

namespace tally {

/// The file of --dump-order: a row step,rank,shard,sample for every sample that any rank has used,
/// in the order of summation. The rows are what the ranks report, not what the plan says.
class OrderLog {
 public:
  /// Collective: every rank must call. Throws an AgreedError if the file cannot be written.
  OrderLog(const Communicator& communicator, const std::string& path);

  /// Collective: every rank must call, with what it used in step `step` (1 for the first).
  void add(std::int64_t step, std::span<const UsedSample> used);

 private:
  const Communicator& communicator_;
  std::optional<OutputFile> file_;  // on rank 0
};

}  // namespace tally
