// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// HDF5 files that are built and read in memory only: the library never touches a disk, so it never
// meets a full one. This is the one place where HDF5 handles live and where its return codes become
// Errors that name the file, the object and HDF5's own reason.
namespace tally {

/// HDF5 ignores this many bytes before its own; checkpoints keep their digest there.
inline constexpr std::size_t kUserBlockBytes = 512;

class H5Writer {
 public:
  H5Writer();
  ~H5Writer();
  H5Writer(const H5Writer&) = delete;
  H5Writer& operator=(const H5Writer&) = delete;

  /// Makes a group; its parent must exist. Paths are absolute: "/model/0-dense".
  void group(const std::string& path);

  /// Scalar attributes of a group or a dataset.
  void attribute(const std::string& path, const std::string& name, std::int64_t value);
  void attribute(const std::string& path, const std::string& name, double value);
  void attribute(const std::string& path, const std::string& name, const std::string& value);

  /// Datasets: float32 [rows x columns], 64-bit columns, and one UTF-8 text.
  void matrix(const std::string& path, std::int64_t rows, std::int64_t columns,
              std::span<const float> values);
  void column(const std::string& path, std::span<const std::int64_t> values);
  void column(const std::string& path, std::span<const double> values);
  void text(const std::string& path, const std::string& value);

  /// The whole file, with a user block of zeros in front.
  std::vector<std::byte> image();

 private:
  struct Handles;
  std::unique_ptr<Handles> handles_;
};

/// Reads what H5Writer writes. Everything is verified before memory is taken for it: that each
/// object exists as a hard link, its type, its shape, and that its bytes lie in the file itself.
/// Plug-ins are never loaded and links out of the file never followed.
class H5Reader {
 public:
  /// `image` is a whole file, user block included; `name` is for messages.
  H5Reader(std::span<const std::byte> image, std::string name);
  ~H5Reader();
  H5Reader(const H5Reader&) = delete;
  H5Reader& operator=(const H5Reader&) = delete;

  /// Whether the root group has a link of this name: "/model".
  [[nodiscard]] bool has(const std::string& path) const;

  /// Whether an object, which must exist, has an attribute of this name.
  [[nodiscard]] bool has_attribute(const std::string& path, const std::string& name) const;

  [[nodiscard]] std::int64_t integer(const std::string& path, const std::string& name) const;
  [[nodiscard]] double number(const std::string& path, const std::string& name) const;
  [[nodiscard]] std::string text_attribute(const std::string& path, const std::string& name) const;

  void matrix(const std::string& path, std::int64_t rows, std::int64_t columns,
              std::span<float> values) const;
  [[nodiscard]] std::vector<std::int64_t> integer_column(const std::string& path) const;
  [[nodiscard]] std::vector<double> number_column(const std::string& path) const;
  [[nodiscard]] std::string text(const std::string& path) const;

 private:
  struct Handles;
  std::unique_ptr<Handles> handles_;
};

}  // namespace tally
