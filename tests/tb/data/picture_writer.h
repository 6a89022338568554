// SPDX-License-Identifier: Apache-2.0
// PNG and JPEG files for tests, by the libraries' own writers.
#pragma once

// clang-format off
#include <cstdio>  // before jpeglib.h, which needs FILE
#include <jpeglib.h>
#include <png.h>
// clang-format on

#include <string>
#include <vector>

#include "tests/tb/data/temporary_folder.h"

namespace systoliq::tb {

/// PNG_FORMAT_GRAY, PNG_FORMAT_RGB, PNG_FORMAT_RGBA, …
inline std::string write_png(const std::string& path, unsigned height, unsigned width, unsigned format,
                             const Bytes& pixels) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.height = height;
  image.width = width;
  image.format = format;
  EXPECT_NE(png_image_write_to_file(&image, path.c_str(), 0, pixels.data(), 0, nullptr), 0) << image.message;
  return path;
}

/// Of one or three channels, nearly without loss: quality 100, colors not subsampled.
inline std::string write_jpeg(const std::string& path, unsigned height, unsigned width, int channels,
                              const Bytes& pixels) {
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  std::FILE* file = std::fopen(path.c_str(), "wb");
  jpeg_stdio_dest(&jpeg, file);
  jpeg.image_height = height;
  jpeg.image_width = width;
  jpeg.input_components = channels;
  jpeg.in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 100, TRUE);
  jpeg.comp_info[0].h_samp_factor = jpeg.comp_info[0].v_samp_factor = 1;
  jpeg_start_compress(&jpeg, TRUE);
  for (std::size_t row = 0; row < height; ++row) {
    auto* line = const_cast<JSAMPROW>(pixels.data() + row * width * static_cast<std::size_t>(channels));
    jpeg_write_scanlines(&jpeg, &line, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  std::fclose(file);
  return path;
}

}  // namespace systoliq::tb
