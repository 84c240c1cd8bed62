// SPDX-License-Identifier: MIT
#include "tally/image/jpeg_decoder.hpp"

#include <memory>
#include <new>
#include <string_view>

#include <turbojpeg.h>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"
#include "tally/image/jpeg_markers.hpp"
#include "tally/image/orientation.hpp"

namespace tally {
namespace {

struct DestroyDecoder {
  void operator()(void* decoder) const { tjDestroy(decoder); }
};
using Decoder = std::unique_ptr<void, DestroyDecoder>;

struct JpegHeader {
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int color_space = 0;
};

void check(int result, tjhandle decoder, const std::string& name) {
  if (result == 0) return;
  const std::string_view text = tjGetErrorStr2(decoder);
  const bool is_truncated = text.find("Premature end") != std::string_view::npos;
  require(!is_truncated, ExitCode::kUsage, "{}: its JPEG data is truncated; save or copy it again",
          name);
  fail(ExitCode::kUsage, "{}: its JPEG data cannot be decoded ({}); save it again, as PNG", name,
       text);
}

// The grey pixels and, where the decoder must keep them all, two bytes for every coefficient; or,
// once these have gone, the same pixels turned.
std::int64_t bytes_per_pixel(const JpegHeader& header, bool has_many_scans,
                             Orientation orientation) {
  if (!has_many_scans) return orientation == Orientation::kTopLeft ? 1 : 1 + 1;
  if (header.subsampling == TJSAMP_GRAY) return 1 + 2;
  const int sampled = tjMCUWidth[header.subsampling] * tjMCUHeight[header.subsampling] / 64;
  return 1 + 2 + (2 * 2 + sampled - 1) / sampled;
}

}  // namespace

GreyImage decode_jpeg(std::span<const std::byte> file, const std::string& name,
                      const ImageLimits& limits) {
  const Decoder decoder(tjInitDecompress());
  if (!decoder) throw std::bad_alloc();
  const auto* bytes = reinterpret_cast<const unsigned char*>(file.data());
  const auto size = static_cast<unsigned long>(file.size());

  JpegHeader header;
  check(tjDecompressHeader3(decoder.get(), bytes, size, &header.width, &header.height,
                            &header.subsampling, &header.color_space),
        decoder.get(), name);
  require(header.color_space != TJCS_CMYK && header.color_space != TJCS_YCCK, ExitCode::kUsage,
          "{}: has the colours of print (CMYK), expected RGB or grey; save it as PNG", name);
  // TurboJPEG's answer to a file that ends before its frame.
  require(header.width > 0, ExitCode::kUsage,
          "{}: its JPEG data is truncated; save or copy it again", name);
  const JpegMarkers markers = read_jpeg_markers(file);
  // It takes the decoder ten times as long, and where data is missing it makes pixels up in
  // silence.
  require(
      !markers.is_arithmetic, ExitCode::kUsage,
      "{}: its JPEG data is coded arithmetically, expected Huffman's code as in most files; save "
      "it again, as PNG",
      name);
  const Orientation orientation = exif_orientation(markers.exif);
  require_decodable_size(
      name,
      {header.width, header.height, bytes_per_pixel(header, markers.has_many_scans, orientation)},
      limits);

  require(
      markers.scan_count <= limits.scanned_pixels / header.width / header.height, ExitCode::kUsage,
      "{}: is {} x {} pixels in {} scans, expected at most {} scans of that size; save it again, "
      "as PNG",
      name, grouped(header.width), grouped(header.height), grouped(markers.scan_count),
      limits.scanned_pixels / header.width / header.height);

  GreyImage image(header.width, header.height);
  check(tjDecompress2(decoder.get(), bytes, size, image.pixels.data(), image.width, 0, image.height,
                      TJPF_GRAY, TJFLAG_LIMITSCANS | TJFLAG_STOPONWARNING),
        decoder.get(), name);
  return upright(std::move(image), orientation);
}

}  // namespace tally
