// SPDX-License-Identifier: Apache-2.0
// The members of a zip archive as NumPy writes it (.npz): stored or deflated, without zip64 and encryption.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tb/data/byte_source.h"

namespace systoliq::tb {

struct ZipMember {
  std::string name;
  std::uint32_t method = 0;  ///< 0 stored, 8 deflated
  std::uint32_t crc = 0;
  std::uint64_t packed_size = 0, size = 0;
  std::uint64_t header_offset = 0;
};

/// The archive's table of contents. Throws InputError where it is damaged or uses what is not accepted.
std::vector<ZipMember> zip_members(const std::string& path);

/// A member's bytes, inflated as they are asked for, so that memory grows with what is read and not with what the
/// archive claims. Its check sum is compared when the last byte has been read. Throws InputError.
std::unique_ptr<ByteSource> open_zip_member(const std::string& path, const ZipMember& member);

}  // namespace systoliq::tb
