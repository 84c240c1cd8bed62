// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <hdf5.h>

// Private to layer io: owners of HDF5 handles, and checks of its return codes.
namespace tally {

/// Owns one HDF5 identifier. The destructor never throws: closing what was only read, or a file in
/// memory, has nothing left to report.
class H5Handle {
 public:
  using Close = herr_t (*)(hid_t);

  H5Handle(hid_t identifier, Close close) : identifier_(identifier), close_(close) {}
  ~H5Handle() {
    if (identifier_ >= 0) close_(identifier_);
  }
  H5Handle(H5Handle&& other) noexcept
      : identifier_(std::exchange(other.identifier_, -1)), close_(other.close_) {}
  H5Handle(const H5Handle&) = delete;
  H5Handle& operator=(const H5Handle&) = delete;
  H5Handle& operator=(H5Handle&&) = delete;

  [[nodiscard]] hid_t get() const { return identifier_; }

 private:
  hid_t identifier_;
  Close close_;
};

/// Turns off what HDF5 prints by itself and the loading of plug-ins.
void set_up_hdf5();

/// Returns `result` unless it is negative; else throws an Error with "<object>: cannot <action>"
/// and, where HDF5 gives one, its own innermost reason.
hid_t h5_check(hid_t result, std::string_view object, std::string_view action);

}  // namespace tally
