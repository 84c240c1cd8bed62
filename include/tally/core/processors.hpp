// SPDX-License-Identifier: MIT
#pragma once

// The processors of the system that this program may use. A core that runs two hardware threads
// counts as two of them.
namespace tally {

/// The number that the calling thread may run on.
int usable_processors();

/// Those in the places to which the environment lets OpenMP bind threads (OMP_PROC_BIND,
/// OMP_PLACES), 0 if it does not. The main thread is bound to the first place before main.
int bound_processors();

/// Lets the calling thread run on all of these again, for a program that takes this one's place.
void unbind_from_place();

}  // namespace tally
