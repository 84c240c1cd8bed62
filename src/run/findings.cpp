// SPDX-License-Identifier: MIT
#include "tally/run/findings.hpp"

namespace tally {

void Findings::report_or_throw(const Communicator& communicator, ProgressReport& report) const {
  communicator.on_root([&] {
    if (!errors_.empty()) throw Error(ExitCode::kUsage, errors_.front());
    for (const std::string& warning : warnings_) report.warning(warning);
  });
}

}  // namespace tally
