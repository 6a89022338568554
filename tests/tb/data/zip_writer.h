// SPDX-License-Identifier: Apache-2.0
// Zip archives and .npy files byte by byte, as NumPy writes them, for tests.
#pragma once

#include <zlib.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/tb/data/temporary_folder.h"

namespace systoliq::tb {

inline void append_little(Bytes* bytes, std::uint64_t value, int size) {
  for (int i = 0; i < size; ++i) bytes->push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

/// A .npy file of format version 1.
inline Bytes npy_bytes(const std::string& type, const std::string& shape, const Bytes& data) {
  const std::string text = "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
  Bytes bytes;
  for (const int byte : {0x93, int{'N'}, int{'U'}, int{'M'}, int{'P'}, int{'Y'}, 1, 0})
    append_little(&bytes, static_cast<std::uint32_t>(byte), 1);
  append_little(&bytes, static_cast<std::uint32_t>(text.size()), 2);
  bytes.insert(bytes.end(), text.begin(), text.end());
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

inline Bytes deflated(const Bytes& bytes) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  Bytes packed(deflateBound(&stream, bytes.size()));
  stream.next_in = const_cast<std::uint8_t*>(bytes.data());
  stream.avail_in = static_cast<unsigned>(bytes.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<unsigned>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

struct ZipOptions {
  bool deflate = false;
  std::uint32_t claimed_size = 0;  ///< in place of the true one, unless 0
  std::uint32_t method = 0;        ///< likewise
  std::uint32_t flags = 0;
  bool wrong_crc = false;
};

inline Bytes zip_bytes(const std::vector<std::pair<std::string, Bytes>>& members, const ZipOptions& options = {}) {
  Bytes archive, directory;
  for (const auto& [name, bytes] : members) {
    const Bytes packed = options.deflate ? deflated(bytes) : bytes;
    const auto crc = static_cast<std::uint32_t>(crc32(0, bytes.data(), static_cast<unsigned>(bytes.size())));
    Bytes common;
    append_little(&common, 20, 2);
    append_little(&common, options.flags, 2);
    append_little(&common, options.method != 0 ? options.method : options.deflate ? 8 : 0, 2);
    append_little(&common, 0, 4);
    append_little(&common, options.wrong_crc ? crc + 1 : crc, 4);
    append_little(&common, static_cast<std::uint32_t>(packed.size()), 4);
    append_little(&common, options.claimed_size != 0 ? options.claimed_size : static_cast<std::uint32_t>(bytes.size()),
                  4);
    append_little(&common, static_cast<std::uint32_t>(name.size()), 2);
    append_little(&common, 0, 2);
    append_little(&directory, 0x02014b50, 4);
    append_little(&directory, 20, 2);
    directory.insert(directory.end(), common.begin(), common.end());
    append_little(&directory, 0, 6);
    append_little(&directory, 0, 4);
    append_little(&directory, static_cast<std::uint32_t>(archive.size()), 4);
    directory.insert(directory.end(), name.begin(), name.end());
    append_little(&archive, 0x04034b50, 4);
    archive.insert(archive.end(), common.begin(), common.end());
    archive.insert(archive.end(), name.begin(), name.end());
    archive.insert(archive.end(), packed.begin(), packed.end());
  }
  const auto start = static_cast<std::uint32_t>(archive.size());
  archive.insert(archive.end(), directory.begin(), directory.end());
  append_little(&archive, 0x06054b50, 4);
  append_little(&archive, 0, 4);
  for (int i = 0; i < 2; ++i) append_little(&archive, static_cast<std::uint32_t>(members.size()), 2);
  append_little(&archive, static_cast<std::uint32_t>(directory.size()), 4);
  append_little(&archive, start, 4);
  append_little(&archive, 0, 2);
  return archive;
}

}  // namespace systoliq::tb
