// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cassert>
#include <limits>
#include <new>
#include <string_view>
#include <vector>

#include <zlib.h>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"
#include "tally/data/byte_source.hpp"
#include "tally/data/file_signature.hpp"

namespace tally {
namespace {

constexpr int kGzipOnly = MAX_WBITS + 16;  // the window, and zlib's flag for a gzip wrapper

// Deflate's best is 258 bytes for two bits: a length code and a distance code of one bit each.
constexpr std::int64_t kLargestRatio = 258 * 8 / 2;

std::int64_t largest_unpacked_size(std::int64_t packed_bytes) {
  constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
  return packed_bytes > kLargest / kLargestRatio ? kLargest : packed_bytes * kLargestRatio;
}

class GzipSource final : public ByteSource {
 public:
  GzipSource(std::unique_ptr<ByteSource> packed, std::size_t chunk_bytes)
      : ByteSource(packed->name(), largest_unpacked_size(packed->largest_size())),
        packed_(std::move(packed)),
        input_(chunk_bytes) {
    fill_input();
    require_first_member();
    if (inflateInit2(&stream_, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~GzipSource() override { inflateEnd(&stream_); }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

  std::size_t read(std::span<std::byte> chunk) override {
    std::size_t filled = 0;
    while (filled < chunk.size() && !has_ended_) filled += unpack_into(chunk.subspan(filled));
    return filled;
  }

 private:
  // One step of zlib; returns how many bytes it gave, which may be none.
  std::size_t unpack_into(std::span<std::byte> chunk) {
    if (stream_.avail_in == 0) fill_input();
    constexpr std::size_t kLargestChunk = std::numeric_limits<uInt>::max();
    const auto chunk_bytes = static_cast<uInt>(std::min(chunk.size(), kLargestChunk));
    stream_.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream_.avail_out = chunk_bytes;
    const int result = inflate(&stream_, Z_NO_FLUSH);
    const uInt given = chunk_bytes - stream_.avail_out;
    unpacked_bytes_ += given;
    if (result == Z_STREAM_END) {
      start_next_member();
    } else if (result != Z_OK) {
      fail_damaged(result);
    }
    return given;
  }

  // Keeps what zlib has not taken yet at the front, so that a member's first bytes are together.
  void fill_input() {
    const auto kept = remaining_input();
    std::ranges::copy(kept, input_.begin());
    const std::size_t added = packed_->read(std::span(input_).subspan(kept.size()));
    stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
    stream_.avail_in = static_cast<uInt>(kept.size() + added);
  }

  [[nodiscard]] std::span<const std::byte> remaining_input() const {
    return {reinterpret_cast<const std::byte*>(stream_.next_in), stream_.avail_in};
  }

  void require_first_member() const {
    const auto start = remaining_input();
    refuse_failed_download(name(), start);
    require(!is_idx(start), ExitCode::kUsage, "{}: is not compressed; remove .gz from its name",
            name());
    require(is_gzip(start), ExitCode::kUsage,
            "{}: is not a gzip file (expected to start with 1F 8B, got {}); download it again",
            name(), hex_text(start.first(std::min<std::size_t>(2, start.size()))));
  }

  void start_next_member() {
    constexpr uInt kSignatureBytes = 2;
    if (stream_.avail_in < kSignatureBytes) fill_input();
    has_ended_ = stream_.avail_in == 0;
    if (has_ended_) return;
    require(is_gzip(remaining_input()), ExitCode::kUsage,
            "{}: has other data after its gzip data ({} unpacked); download it again", name(),
            counted(unpacked_bytes_, "byte"));
    inflateReset(&stream_);
  }

  [[noreturn]] void fail_damaged(int result) const {
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    fail(ExitCode::kUsage, "{}: {} ({} unpacked); download it again", name(), damage(result),
         counted(unpacked_bytes_, "byte"));
  }

  [[nodiscard]] std::string damage(int result) const {
    if (result == Z_BUF_ERROR) return "its gzip data is truncated";
    const std::string_view reason = stream_.msg == nullptr ? "unknown reason" : stream_.msg;
    if (reason == "incorrect data check") return "its gzip data has a wrong checksum";
    if (reason == "incorrect length check") return "its gzip data has a wrong length";
    return fmt::format("its gzip data is damaged: {}", reason);
  }

  std::unique_ptr<ByteSource> packed_;
  std::vector<std::byte> input_;
  z_stream stream_{};
  std::int64_t unpacked_bytes_ = 0;
  bool has_ended_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> gzip_source(std::unique_ptr<ByteSource> compressed,
                                        std::size_t chunk_bytes) {
  assert(chunk_bytes >= 2);
  return std::make_unique<GzipSource>(std::move(compressed), chunk_bytes);
}

}  // namespace tally
