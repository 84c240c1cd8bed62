// SPDX-License-Identifier: MIT
#include "tally/run/order_log.hpp"

#include <fmt/format.h>

namespace tally {

OrderLog::OrderLog(const Communicator& communicator, const std::string& path)
    : communicator_(communicator) {
  communicator_.on_root([&] {
    file_.emplace(path, "--dump-order: " + path, ExitCode::kUsage);
    file_->append("step,rank,shard,sample\n");
  });
}

void OrderLog::add(std::int64_t step, std::span<const UsedSample> used) {
  std::vector<std::int64_t> own;
  for (const UsedSample& sample : used) {
    own.insert(own.end(), {communicator_.rank(), sample.shard, sample.id});
  }
  const std::vector<std::int64_t> all = communicator_.gather_all(own);
  communicator_.on_root([&] {
    std::string rows;
    for (std::size_t i = 0; i < all.size(); i += 3) {
      rows += fmt::format("{},{},{},{}\n", step, all[i], all[i + 1], all[i + 2]);
    }
    file_->append(rows);
  });
}

}  // namespace tally
