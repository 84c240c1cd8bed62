// SPDX-License-Identifier: MIT
#include "tally/run/order_log.hpp"

#include <fmt/format.h>

namespace tally {

OrderLog::OrderLog(const Communicator& communicator, const std::string& path)
    : communicator_(communicator), path_(path) {
  communicator_.on_root([&] {
    file_.open(path_, std::ios::binary | std::ios::trunc);
    require(file_.good(), ExitCode::kUsage, "--dump-order: {} cannot be written: {}", path_,
            system_error_text(errno));
    file_ << "step,rank,shard,sample\n";
  });
}

void OrderLog::add(std::int64_t step, std::span<const UsedSample> used) {
  std::vector<std::int64_t> own;
  for (const UsedSample& sample : used) {
    own.insert(own.end(), {communicator_.rank(), sample.shard, sample.id});
  }
  const std::vector<std::int64_t> all = communicator_.gather_all(own);
  communicator_.on_root([&] {
    for (std::size_t i = 0; i < all.size(); i += 3) {
      file_ << fmt::format("{},{},{},{}\n", step, all[i], all[i + 1], all[i + 2]);
    }
    require(file_.flush().good(), ExitCode::kFailure, "--dump-order: {} cannot be written", path_);
  });
}

}  // namespace tally
