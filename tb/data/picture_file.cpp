// SPDX-License-Identifier: Apache-2.0
// libpng and libjpeg report errors by a jump: between setjmp and the last call of the library, no object with a
// destructor lives, and what outlasts the jump belongs to the caller.
#include "tb/data/picture_file.h"

// clang-format off
#include <cstdio>  // before jpeglib.h, which needs FILE
#include <jpeglib.h>
#include <png.h>
// clang-format on

#include <csetjmp>
#include <cstring>

#include "tb/data/byte_source.h"
#include "types/error.h"

namespace systoliq::tb {
namespace {

constexpr std::int64_t kMaxSide = 4096;

constexpr std::size_t kMaxBytes = std::size_t{1} << 28;

using Bytes = std::vector<std::uint8_t>;

Bytes read_file(const std::string& path) {
  FileSource file(path);
  Bytes bytes;
  constexpr std::size_t kPiece = std::size_t{1} << 16;
  for (std::size_t got = kPiece; got == kPiece;) {
    const std::size_t start = bytes.size();
    if (start > kMaxBytes) throw InputError(path + ": more than 2^28 bytes; smaller pictures are accepted");
    bytes.resize(start + kPiece);
    got = file.read(bytes.data() + start, kPiece);
    bytes.resize(start + got);
  }
  return bytes;
}

void check_sides(const std::string& path, std::int64_t height, std::int64_t width) {
  if (height >= 1 && width >= 1 && height <= kMaxSide && width <= kMaxSide) return;
  throw InputError(path + ": picture of " + std::to_string(height) + " × " + std::to_string(width) +
                   "; 1 to 4096 pixels a side are accepted");
}

struct PngReader {
  png_structp png = nullptr;
  png_infop info = nullptr;
  const Bytes* bytes = nullptr;
  std::size_t at = 0;
  char message[200] = "";
  ~PngReader() { png_destroy_read_struct(&png, &info, nullptr); }
};

void png_failed(png_structp png, png_const_charp message) {
  auto* reader = static_cast<PngReader*>(png_get_error_ptr(png));
  std::snprintf(reader->message, sizeof reader->message, "%s", message);
  png_longjmp(png, 1);
}

void png_warned(png_structp /*png*/, png_const_charp /*message*/) {}

void png_take(png_structp png, png_bytep to, png_size_t count) {
  auto* reader = static_cast<PngReader*>(png_get_io_ptr(png));
  if (count > reader->bytes->size() - reader->at) png_error(png, "cut short");
  std::memcpy(to, reader->bytes->data() + reader->at, count);
  reader->at += count;
}

bool read_png_header(PngReader& reader) {
  if (setjmp(png_jmpbuf(reader.png))) return false;
  png_set_read_fn(reader.png, &reader, png_take);
  png_set_user_limits(reader.png, kMaxSide, kMaxSide);
  png_read_info(reader.png, reader.info);
  png_set_expand(reader.png);  // palettes, fewer than 8 bits, transparent colors
  png_set_interlace_handling(reader.png);
  png_read_update_info(reader.png, reader.info);
  return true;
}

bool read_png_rows(PngReader& reader, png_bytep* rows) {
  if (setjmp(png_jmpbuf(reader.png))) return false;
  png_read_image(reader.png, rows);
  png_read_end(reader.png, nullptr);
  return true;
}

/// Takes the alpha channel off, which must be opaque.
void drop_alpha(const std::string& path, Picture* picture) {
  const auto stride = static_cast<std::size_t>(picture->channels);
  std::vector<std::uint8_t> colors;
  for (std::size_t at = 0; at < picture->pixels.size(); at += stride) {
    if (picture->pixels[at + stride - 1] != 255) {
      throw InputError(path + ": has transparent pixels; opaque pictures are accepted");
    }
    for (std::size_t c = 0; c + 1 < stride; ++c) colors.push_back(picture->pixels[at + c]);
  }
  picture->pixels = std::move(colors);
  --picture->channels;
}

Picture read_png(const std::string& path, const Bytes& bytes) {
  PngReader reader;
  reader.bytes = &bytes;
  reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, png_failed, png_warned);
  if (reader.png != nullptr) reader.info = png_create_info_struct(reader.png);
  if (reader.info == nullptr) throw InternalError("libpng cannot be initialized");
  if (!read_png_header(reader)) throw InputError(path + ": damaged PNG (" + reader.message + ")");
  Picture picture;
  picture.height = png_get_image_height(reader.png, reader.info);
  picture.width = png_get_image_width(reader.png, reader.info);
  picture.channels = png_get_channels(reader.png, reader.info);
  check_sides(path, picture.height, picture.width);
  if (png_get_bit_depth(reader.png, reader.info) != 8) {
    throw InputError(path + ": PNG of 16 bits a sample; 8 or fewer are accepted");
  }
  const auto row = static_cast<std::size_t>(picture.width * picture.channels);
  picture.pixels.resize(row * static_cast<std::size_t>(picture.height));
  std::vector<png_bytep> rows;
  for (std::size_t at = 0; at < picture.pixels.size(); at += row) rows.push_back(picture.pixels.data() + at);
  if (!read_png_rows(reader, rows.data())) throw InputError(path + ": damaged PNG (" + reader.message + ")");
  if (picture.channels % 2 == 0) drop_alpha(path, &picture);
  return picture;
}

struct JpegReader {
  jpeg_decompress_struct jpeg{};
  jpeg_error_mgr errors{};
  std::jmp_buf jump{};
  char message[JMSG_LENGTH_MAX] = "";
  ~JpegReader() { jpeg_destroy_decompress(&jpeg); }
};

void jpeg_failed(j_common_ptr jpeg) {
  auto* reader = static_cast<JpegReader*>(jpeg->client_data);
  jpeg->err->format_message(jpeg, reader->message);
  std::longjmp(reader->jump, 1);
}

/// A warning is damaged data that libjpeg fills up, such as a file cut short.
void jpeg_warned(j_common_ptr jpeg, int level) {
  if (level < 0) jpeg_failed(jpeg);
}

bool read_jpeg_header(JpegReader& reader, const Bytes& bytes) {
  if (setjmp(reader.jump)) return false;
  jpeg_create_decompress(&reader.jpeg);
  jpeg_mem_src(&reader.jpeg, bytes.data(), static_cast<unsigned long>(bytes.size()));
  jpeg_read_header(&reader.jpeg, TRUE);
  return true;
}

bool read_jpeg_rows(JpegReader& reader, std::uint8_t* pixels, std::size_t row) {
  if (setjmp(reader.jump)) return false;
  jpeg_start_decompress(&reader.jpeg);
  while (reader.jpeg.output_scanline < reader.jpeg.output_height) {
    JSAMPROW line = pixels + row * reader.jpeg.output_scanline;
    jpeg_read_scanlines(&reader.jpeg, &line, 1);
  }
  jpeg_finish_decompress(&reader.jpeg);
  return true;
}

Picture read_jpeg(const std::string& path, const Bytes& bytes) {
  JpegReader reader;
  reader.jpeg.err = jpeg_std_error(&reader.errors);
  reader.errors.error_exit = jpeg_failed;
  reader.errors.emit_message = jpeg_warned;
  reader.jpeg.client_data = &reader;
  const auto refuse = [&] { throw InputError(path + ": damaged JPEG (" + reader.message + ")"); };
  if (!read_jpeg_header(reader, bytes)) refuse();
  Picture picture;
  picture.height = reader.jpeg.image_height;
  picture.width = reader.jpeg.image_width;
  check_sides(path, picture.height, picture.width);
  if (reader.jpeg.num_components != 1 && reader.jpeg.num_components != 3) {
    throw InputError(path + ": JPEG of " + std::to_string(reader.jpeg.num_components) +
                     " components; gray and color (1 and 3) are accepted");
  }
  picture.channels = reader.jpeg.num_components;
  reader.jpeg.out_color_space = picture.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  const auto row = static_cast<std::size_t>(picture.width * picture.channels);
  picture.pixels.resize(row * static_cast<std::size_t>(picture.height));
  if (!read_jpeg_rows(reader, picture.pixels.data(), row)) refuse();
  return picture;
}

}  // namespace

Picture read_picture(const std::string& path) {
  const Bytes bytes = read_file(path);
  const int first = bytes.empty() ? -1 : bytes.front();
  if (first == 0x89) return read_png(path, bytes);
  if (first == 0xFF) return read_jpeg(path, bytes);
  throw InputError(path + ": is neither PNG nor JPEG; those are accepted");
}

}  // namespace systoliq::tb
