// SPDX-License-Identifier: Apache-2.0
// PNG and JPEG pictures as bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace systoliq::tb {

/// Rows of pixels, channels interleaved: 1 (gray) or 3 (red, green, blue), 0 to 255 as the file stores them.
struct Picture {
  std::int64_t height = 0, width = 0, channels = 0;
  std::vector<std::uint8_t> pixels;
};

/// Decodes a file by its content. PNG: gray, RGB or palette of up to 8 bits a sample, without gamma correction, an
/// alpha channel only where it is opaque everywhere. JPEG: gray or YCbCr, as libjpeg decodes by default. Sides up to
/// 4096. Throws InputError naming the file.
Picture read_picture(const std::string& path);

}  // namespace systoliq::tb
