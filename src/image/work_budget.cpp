// SPDX-License-Identifier: MIT
#include "tally/image/work_budget.hpp"

#include "tally/core/error.hpp"

namespace tally {

void WorkBudget::copy(std::int64_t pixels, std::int64_t page_pixels) {
  left_.pixels -= pixels;
  if (left_.pixels < page_pixels) refuse();
}

void WorkBudget::refuse() const {
  fail(ExitCode::kUsage,
       "{}: has far more strokes beside and within each other than writing has; crop it to what is "
       "to be read, or make it smaller",
       page_);
}

}  // namespace tally
