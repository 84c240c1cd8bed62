// SPDX-License-Identifier: MIT
#pragma once

namespace tally {

/// Makes waiting OpenMP threads spin for some tens of microseconds, unless the environment says how
/// long they are to wait. Executes the program anew if need be: call it first in main.
void choose_openmp_waiting(char** arguments);

}  // namespace tally
