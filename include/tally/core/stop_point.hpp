// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

// Lets a thread's long work be stopped from outside, by a server that ends or a limit of time. The
// question belongs to the thread, not to the functions in between: whoever computes for long asks
// it between stages and in loops, and whoever may stop the work sets it around all of that. Without
// one, which is how every other tool works, asking costs a load and a branch.
namespace tally {

/// Thrown by stop_point(). No std::exception: nothing failed, and nobody may take it for an answer.
struct Stopped {};

/// While it lives, `should_stop` is asked by the stop points of this thread. They do not nest.
class Stoppable {
 public:
  explicit Stoppable(const std::function<bool()>& should_stop);
  ~Stoppable();
  Stoppable(const Stoppable&) = delete;
  Stoppable& operator=(const Stoppable&) = delete;
  Stoppable(Stoppable&&) = delete;
  Stoppable& operator=(Stoppable&&) = delete;
};

/// Whether this thread's work shall stop.
bool is_stop_asked();

/// Throws Stopped if this thread's work shall stop.
void stop_point();

}  // namespace tally
