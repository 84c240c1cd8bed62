// SPDX-License-Identifier: MIT
#include "tally/core/stop_point.hpp"

#include <cassert>

namespace tally {
namespace {

thread_local const std::function<bool()>* should_stop_now = nullptr;

}  // namespace

Stoppable::Stoppable(const std::function<bool()>& should_stop) {
  assert(should_stop_now == nullptr);
  should_stop_now = &should_stop;
}

Stoppable::~Stoppable() {
  should_stop_now = nullptr;
}

bool is_stop_asked() {
  return should_stop_now != nullptr && (*should_stop_now)();
}

void stop_point() {
  if (is_stop_asked()) throw Stopped{};
}

}  // namespace tally
