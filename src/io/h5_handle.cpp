// SPDX-License-Identifier: MIT
#include "h5_handle.hpp"

#include "tally/core/error.hpp"

namespace tally {
namespace {

herr_t take_innermost(unsigned /*depth*/, const H5E_error2_t* entry, void* reason) {
  *static_cast<std::string*>(reason) = entry->desc;
  return 1;  // the first entry of an upward walk is the innermost; stop there
}

std::string innermost_reason() {
  std::string reason;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_innermost, &reason);
  H5Eclear2(H5E_DEFAULT);
  return reason.empty() ? reason : fmt::format(" (HDF5: {})", reason);
}

}  // namespace

void set_up_hdf5() {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  H5PLset_loading_state(0);
}

hid_t h5_check(hid_t result, std::string_view object, std::string_view action) {
  if (result >= 0) return result;
  fail(ExitCode::kCheckpoint, "{}: cannot {}{}", object, action, innermost_reason());
}

}  // namespace tally
