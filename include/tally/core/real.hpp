// SPDX-License-Identifier: MIT
#pragma once

// The scalar of all arithmetic in the network: float. The tests compile the layers core and nn a
// second time with double, so that numeric gradient checks have digits to spare.
#ifndef TALLY_REAL
#define TALLY_REAL float
#endif

namespace tally {

using Real = TALLY_REAL;

}  // namespace tally
