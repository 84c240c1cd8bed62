// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <hdf5.h>
#include <hdf5_hl.h>

namespace tally {

/// The result of a call of HDF5's, which must succeed.
template <typename Result>
Result ok(Result result) {
  if (result < 0) throw std::runtime_error("HDF5 failed");
  return result;
}

/// A copy of a file in memory, user block of 512 bytes included, after `edit` has worked on it.
template <typename Edit>
std::vector<std::byte> edited(std::vector<std::byte> image, Edit&& edit) {
  const hid_t file = ok(H5LTopen_file_image(image.data(), image.size(), H5LT_FILE_IMAGE_OPEN_RW));
  edit(file);
  ok(H5Fflush(file, H5F_SCOPE_LOCAL));
  const auto size = static_cast<std::size_t>(ok(H5Fget_file_image(file, nullptr, 0)));
  image.resize(512 + size);
  ok(H5Fget_file_image(file, image.data() + 512, size));
  ok(H5Fclose(file));
  return image;
}

/// Makes a dataset with nothing in it.
inline void create_dataset(hid_t file, const std::string& path, hid_t type, hid_t space,
                           hid_t creation = H5P_DEFAULT) {
  ok(H5Dclose(ok(H5Dcreate2(file, path.c_str(), type, space, H5P_DEFAULT, creation, H5P_DEFAULT))));
}

/// A shape; no sizes for a single value.
inline hid_t shape(const std::vector<hsize_t>& sizes) {
  if (sizes.empty()) return ok(H5Screate(H5S_SCALAR));
  return ok(H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr));
}

inline hid_t text_of_length(std::size_t bytes) {
  const hid_t type = ok(H5Tcopy(H5T_C_S1));
  ok(H5Tset_size(type, bytes));
  return type;
}

inline void create_attribute(hid_t file, const std::string& path, const std::string& name,
                             hid_t type, hid_t space) {
  ok(H5Aclose(ok(H5Acreate_by_name(file, path.c_str(), name.c_str(), type, space, H5P_DEFAULT,
                                   H5P_DEFAULT, H5P_DEFAULT))));
}

}  // namespace tally
