// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>

#include "fuzzing.hpp"
#include "support/memory_source.hpp"
#include "tally/core/digest.hpp"
#include "tally/data/idx_file.hpp"

// Images and labels in IDX. An input is: images or labels, and whether the length of the file is
// known; classes less one; images per chunk less one; the file.
namespace tally {
namespace {

// Like a packed file: its length is known only at its end.
class EndlessSource final : public ByteSource {
 public:
  explicit EndlessSource(std::span<const std::byte> file)
      : ByteSource(kHostile + ".gz", std::ssize(file) * 1032), source_(memory_source("", file)) {}

  std::size_t read(std::span<std::byte> chunk) override { return source_->read(chunk); }

 private:
  std::unique_ptr<ByteSource> source_;
};

// What was read must be what stands in the file, all of it.
void check_whole(std::span<const std::byte> file, std::size_t read_bytes, const Digest& digest) {
  check(read_bytes == file.size(), "all bytes of the file");
  check(digest == sha256(file), "the digest of the file");
}

void read_images(std::unique_ptr<ByteSource> source, std::span<const std::byte> file,
                 std::int64_t chunk_images) {
  constexpr std::int64_t kChunkBytes = 1 << 18;
  IdxImageReader reader(std::move(source));
  chunk_images =
      std::min(chunk_images, std::max<std::int64_t>(1, kChunkBytes / reader.image_bytes()));
  std::vector<std::uint8_t> chunk(static_cast<std::size_t>(chunk_images * reader.image_bytes()));
  std::size_t at = idx_header_bytes(IdxContent::kImages, file);
  for (std::int64_t first = 0; first < reader.count(); first += chunk_images) {
    const std::int64_t images = std::min(chunk_images, reader.count() - first);
    const auto pixels =
        std::span(chunk).first(static_cast<std::size_t>(images * reader.image_bytes()));
    reader.read(pixels);
    check(std::ranges::equal(std::as_bytes(pixels), file.subspan(at, pixels.size())),
          "the pixels of the file");
    at += pixels.size();
  }
  check_whole(file, at, reader.finish());
}

void read_labels(std::unique_ptr<ByteSource> source, std::span<const std::byte> file, int classes) {
  const IdxLabels read = read_idx_labels(std::move(source), classes);
  const std::size_t header_bytes = idx_header_bytes(IdxContent::kLabels);
  check(std::ranges::all_of(read.labels, [&](int label) { return label < classes; }),
        "labels below the number of classes");
  check(std::ranges::equal(std::as_bytes(std::span(read.labels)), file.subspan(header_bytes)),
        "the labels of the file");
  check_whole(file, header_bytes + read.labels.size(), read.digest);
}

void read_idx(Input input) {
  const unsigned kind = input.byte();
  const int classes = static_cast<int>(input.byte()) + 1;
  const std::int64_t chunk_images = input.byte() + 1;
  const std::span<const std::byte> file = input.rest();
  std::unique_ptr<ByteSource> source = std::make_unique<EndlessSource>(file);
  if ((kind & 2) != 0) source = memory_source(kHostile, file);
  accepts(ExitCode::kUsage, kHostile, [&] {
    if ((kind & 1) != 0) {
      read_labels(std::move(source), file, classes);
    } else {
      read_images(std::move(source), file, chunk_images);
    }
  });
}

}  // namespace
}  // namespace tally

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tally::read_idx({data, size});
  return 0;
}
