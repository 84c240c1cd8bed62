// SPDX-License-Identifier: MIT
#include <array>
#include <cassert>

#include <hdf5_hl.h>

#include "h5_handle.hpp"
#include "tally/core/error.hpp"
#include "tally/core/text.hpp"
#include "tally/io/h5_file.hpp"

namespace tally {
namespace {

constexpr std::size_t kMaxTextBytes = 1 << 20;

[[noreturn]] void refuse(const std::string& object, std::string_view expected) {
  fail(ExitCode::kCheckpoint, "{}: expected {}", object, expected);
}

}  // namespace

struct H5Reader::Handles {
  std::string file_name;
  std::size_t image_bytes;
  H5Handle file;

  [[nodiscard]] std::string object(const std::string& path) const {
    return file_name + ": " + path;
  }
  [[nodiscard]] std::string object(const std::string& path, const std::string& name) const {
    return object(path == "/" ? path + name : path + "/" + name);
  }

  // Follows hard links only, one component after the other.
  void require_hard_link(const std::string& path) const {
    for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
      const std::string part = path.substr(0, end);
      H5L_info_t link{};
      if (H5Lget_info(file.get(), part.c_str(), &link, H5P_DEFAULT) < 0) {
        H5Eclear2(H5E_DEFAULT);
        refuse(object(path), "it to exist");
      }
      if (link.type != H5L_TYPE_HARD) refuse(object(path), "a hard link");
      if (end == std::string::npos) return;
    }
  }

  [[nodiscard]] H5Handle open_dataset(const std::string& path) const {
    require_hard_link(path);
    H5Handle dataset(
        h5_check(H5Dopen2(file.get(), path.c_str(), H5P_DEFAULT), object(path), "open"), H5Dclose);
    const H5Handle creation(h5_check(H5Dget_create_plist(dataset.get()), object(path), "inspect"),
                            H5Pclose);
    const H5D_layout_t layout = H5Pget_layout(creation.get());
    const bool is_plain = (layout == H5D_CONTIGUOUS || layout == H5D_COMPACT) &&
                          H5Pget_external_count(creation.get()) == 0;
    if (!is_plain) refuse(object(path), "its values contiguous in the file itself");
    return dataset;
  }

  [[nodiscard]] H5Handle open_attribute(const std::string& path, const std::string& name) const {
    if (path != "/") require_hard_link(path);
    if (H5Aexists_by_name(file.get(), path.c_str(), name.c_str(), H5P_DEFAULT) <= 0) {
      refuse(object(path, name), "it to exist");
    }
    return {
        h5_check(H5Aopen_by_name(file.get(), path.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT),
                 object(path, name), "open"),
        H5Aclose};
  }
};

namespace {

void require_type(hid_t type, hid_t expected, const std::string& object, std::string_view words) {
  if (H5Tequal(type, expected) <= 0) refuse(object, words);
}

// All values of a dataset into `bytes` bytes at `values`. Where the file holds fewer, HDF5 would
// make up the rest.
void read_values(const H5Handle& dataset, hid_t memory_type, const std::string& object,
                 std::size_t bytes, void* values) {
  if (H5Dget_storage_size(dataset.get()) != bytes) refuse(object, "all its values in the file");
  h5_check(H5Dread(dataset.get(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), object,
           "read");
}

template <int Rank>
std::array<hsize_t, Rank> sizes_of(hid_t space, const std::string& object) {
  std::array<hsize_t, Rank> sizes{};
  if (H5Sis_simple(space) <= 0 || H5Sget_simple_extent_ndims(space) != Rank) {
    refuse(object, counted(Rank, "dimension"));
  }
  h5_check(H5Sget_simple_extent_dims(space, sizes.data(), nullptr), object, "inspect");
  return sizes;
}

void read_scalar(const H5Handle& attribute, hid_t file_type, hid_t memory_type,
                 const std::string& object, void* value) {
  const H5Handle type(h5_check(H5Aget_type(attribute.get()), object, "inspect"), H5Tclose);
  require_type(type.get(), file_type, object, "a 64-bit number of its kind");
  const H5Handle space(h5_check(H5Aget_space(attribute.get()), object, "inspect"), H5Sclose);
  if (H5Sget_simple_extent_type(space.get()) != H5S_SCALAR) refuse(object, "a single value");
  h5_check(H5Aread(attribute.get(), memory_type, value), object, "read");
}

// Room for a text of `type`, which must be a string of fixed and bounded length.
std::string text_buffer(hid_t type, const std::string& object) {
  const bool is_fixed = H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0;
  const std::size_t size = H5Tget_size(type);
  if (!is_fixed || size == 0 || size > kMaxTextBytes) refuse(object, "a text of fixed length");
  return std::string(size, '\0');
}

void require_one_value(hid_t space, const std::string& object) {
  if (H5Sget_simple_extent_type(space) != H5S_SCALAR) refuse(object, "a single text");
}

std::string without_padding(std::string text) {
  text.resize(std::min(text.find('\0'), text.size()));
  return text;
}

template <typename Value>
std::vector<Value> read_column(const H5Handle& dataset, hid_t file_type, hid_t memory_type,
                               const std::string& object, std::size_t image_bytes) {
  const H5Handle type(h5_check(H5Dget_type(dataset.get()), object, "inspect"), H5Tclose);
  require_type(type.get(), file_type, object, "64-bit numbers of its kind");
  const H5Handle space(h5_check(H5Dget_space(dataset.get()), object, "inspect"), H5Sclose);
  const hsize_t rows = sizes_of<1>(space.get(), object)[0];
  if (rows > image_bytes / sizeof(Value)) refuse(object, "no more rows than the file has room for");
  std::vector<Value> values(rows);
  read_values(dataset, memory_type, object, rows * sizeof(Value), values.data());
  return values;
}

H5Handle open_image(std::span<const std::byte> image, const std::string& name) {
  set_up_hdf5();
  // The library does not write to an image that is opened without the flag that allows it.
  auto* bytes = const_cast<std::byte*>(image.data());
  return {h5_check(H5LTopen_file_image(bytes, image.size(), 0), name, "be opened as HDF5"),
          H5Fclose};
}

}  // namespace

H5Reader::H5Reader(std::span<const std::byte> image, std::string name)
    : handles_(new Handles{name, image.size(), open_image(image, name)}) {}
H5Reader::~H5Reader() = default;

bool H5Reader::has(const std::string& path) const {
  return h5_check(H5Lexists(handles_->file.get(), path.c_str(), H5P_DEFAULT),
                  handles_->object(path), "inspect") > 0;
}

bool H5Reader::has_attribute(const std::string& path, const std::string& name) const {
  if (path != "/") handles_->require_hard_link(path);
  return h5_check(H5Aexists_by_name(handles_->file.get(), path.c_str(), name.c_str(), H5P_DEFAULT),
                  handles_->object(path, name), "inspect") > 0;
}

std::int64_t H5Reader::integer(const std::string& path, const std::string& name) const {
  std::int64_t value = 0;
  read_scalar(handles_->open_attribute(path, name), H5T_STD_I64LE, H5T_NATIVE_INT64,
              handles_->object(path, name), &value);
  return value;
}

double H5Reader::number(const std::string& path, const std::string& name) const {
  double value = 0;
  read_scalar(handles_->open_attribute(path, name), H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE,
              handles_->object(path, name), &value);
  return value;
}

std::string H5Reader::text_attribute(const std::string& path, const std::string& name) const {
  const std::string object = handles_->object(path, name);
  const H5Handle attribute = handles_->open_attribute(path, name);
  const H5Handle type(h5_check(H5Aget_type(attribute.get()), object, "inspect"), H5Tclose);
  const H5Handle space(h5_check(H5Aget_space(attribute.get()), object, "inspect"), H5Sclose);
  std::string text = text_buffer(type.get(), object);
  require_one_value(space.get(), object);
  h5_check(H5Aread(attribute.get(), type.get(), text.data()), object, "read");
  return without_padding(std::move(text));
}

void H5Reader::matrix(const std::string& path, std::int64_t rows, std::int64_t columns,
                      std::span<float> values) const {
  const std::string object = handles_->object(path);
  const H5Handle dataset = handles_->open_dataset(path);
  const H5Handle type(h5_check(H5Dget_type(dataset.get()), object, "inspect"), H5Tclose);
  require_type(type.get(), H5T_IEEE_F32LE, object, "32-bit floats");
  const H5Handle space(h5_check(H5Dget_space(dataset.get()), object, "inspect"), H5Sclose);
  const auto sizes = sizes_of<2>(space.get(), object);
  require(sizes[0] == static_cast<hsize_t>(rows) && sizes[1] == static_cast<hsize_t>(columns),
          ExitCode::kCheckpoint, "{}: expected shape {} x {}, got {} x {}", object, rows, columns,
          sizes[0], sizes[1]);
  assert(values.size() == sizes[0] * sizes[1]);
  read_values(dataset, H5T_NATIVE_FLOAT, object, values.size_bytes(), values.data());
}

std::vector<std::int64_t> H5Reader::integer_column(const std::string& path) const {
  return read_column<std::int64_t>(handles_->open_dataset(path), H5T_STD_I64LE, H5T_NATIVE_INT64,
                                   handles_->object(path), handles_->image_bytes);
}

std::vector<double> H5Reader::number_column(const std::string& path) const {
  return read_column<double>(handles_->open_dataset(path), H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE,
                             handles_->object(path), handles_->image_bytes);
}

std::string H5Reader::text(const std::string& path) const {
  const std::string object = handles_->object(path);
  const H5Handle dataset = handles_->open_dataset(path);
  const H5Handle type(h5_check(H5Dget_type(dataset.get()), object, "inspect"), H5Tclose);
  const H5Handle space(h5_check(H5Dget_space(dataset.get()), object, "inspect"), H5Sclose);
  std::string text = text_buffer(type.get(), object);
  require_one_value(space.get(), object);
  read_values(dataset, type.get(), object, text.size(), text.data());
  return without_padding(std::move(text));
}

}  // namespace tally
