// SPDX-License-Identifier: Apache-2.0
// Reads zip archives by their central directory; deflate by zlib.
#include "tb/data/zip_file.h"

#include <zlib.h>

#include <algorithm>

#include "types/error.h"

namespace systoliq::tb {
namespace {

constexpr std::uint32_t kEndMagic = 0x06054b50, kCentralMagic = 0x02014b50, kLocalMagic = 0x04034b50;
constexpr std::size_t kEndSize = 22, kCentralSize = 46, kLocalSize = 30, kMaxComment = 65535;
constexpr std::size_t kPiece = std::size_t{1} << 16;

std::uint32_t little16(const std::uint8_t* bytes) { return bytes[0] | std::uint32_t{bytes[1]} << 8; }
std::uint32_t little32(const std::uint8_t* bytes) { return little16(bytes) | little16(bytes + 2) << 16; }

[[noreturn]] void damaged(const std::string& name, const std::string& what) {
  throw InputError(name + ": is no .npy file, and as an archive (.npz) it is damaged: " + what);
}

std::vector<std::uint8_t> read_at(FileSource& file, std::uint64_t offset, std::size_t count, const char* what) {
  std::vector<std::uint8_t> bytes(count);
  file.seek(offset);
  if (file.read(bytes.data(), count) != count) damaged(file.name(), std::string("cut short in ") + what);
  return bytes;
}

/// The record at the end of every archive, behind which only a comment may stand.
std::vector<std::uint8_t> end_record(FileSource& file) {
  const std::uint64_t size = file.size();
  if (size < kEndSize) damaged(file.name(), "shorter than an empty one");
  const auto span = static_cast<std::size_t>(std::min<std::uint64_t>(size, kEndSize + kMaxComment));
  const std::vector<std::uint8_t> tail = read_at(file, size - span, span, "its end");
  for (std::size_t at = span - kEndSize + 1; at-- > 0;) {
    if (little32(tail.data() + at) == kEndMagic) {
      return {tail.begin() + static_cast<std::ptrdiff_t>(at),
              tail.begin() + static_cast<std::ptrdiff_t>(at + kEndSize)};
    }
  }
  damaged(file.name(), "no table of contents (a download cut short?)");
}

ZipMember member_of(const std::string& path, const std::uint8_t* entry, std::string name) {
  ZipMember member;
  member.name = std::move(name);
  member.method = little16(entry + 10);
  member.crc = little32(entry + 16);
  member.packed_size = little32(entry + 20);
  member.size = little32(entry + 24);
  member.header_offset = little32(entry + 42);
  const std::string where = path + ": member '" + member.name + "'";
  if ((little16(entry + 8) & 1U) != 0) throw InputError(where + " is encrypted; members in plain are accepted");
  if (member.method != 0 && member.method != 8) {
    throw InputError(where + " is packed by method " + std::to_string(member.method) +
                     "; 0 (stored) and 8 (deflate) are accepted");
  }
  if (member.size == UINT32_MAX || member.packed_size == UINT32_MAX || member.header_offset == UINT32_MAX) {
    throw InputError(where + " needs zip64; members below 4 GiB are accepted");
  }
  return member;
}

class ZipSource final : public ByteSource {
 public:
  ZipSource(const std::string& path, const ZipMember& member)
      : ByteSource(path + ":" + member.name), file_(path), member_(member), packed_left_(member.packed_size) {
    const std::vector<std::uint8_t> local = read_at(file_, member.header_offset, kLocalSize, "a member's header");
    if (little32(local.data()) != kLocalMagic) damaged(name(), "no header where the table of contents says");
    file_.seek(member.header_offset + kLocalSize + little16(local.data() + 26) + little16(local.data() + 28));
    if (member.method == 8 && inflateInit2(&stream_, -MAX_WBITS) != Z_OK) {
      throw InternalError("zlib cannot be initialized");
    }
  }
  ~ZipSource() override {
    if (member_.method == 8) inflateEnd(&stream_);
  }

  std::size_t read(void* bytes, std::size_t count) override {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(count, member_.size - done_));
    auto* out = static_cast<std::uint8_t*>(bytes);
    const std::size_t got = member_.method == 8 ? inflate_into(out, wanted) : read_packed(out, wanted);
    if (got != wanted) damaged(name(), "the member is cut short");
    for (std::size_t at = 0; at < got; at += kPiece) {
      crc_ = static_cast<std::uint32_t>(crc32(crc_, out + at, static_cast<unsigned>(std::min(kPiece, got - at))));
    }
    done_ += got;
    if (done_ == member_.size && crc_ != member_.crc) damaged(name(), "its check sum differs");
    return got;
  }

 private:
  std::size_t read_packed(std::uint8_t* bytes, std::size_t count) {
    const std::size_t got = file_.read(bytes, static_cast<std::size_t>(std::min<std::uint64_t>(count, packed_left_)));
    packed_left_ -= got;
    return got;
  }

  std::size_t inflate_into(std::uint8_t* bytes, std::size_t count) {
    std::size_t got = 0;
    while (got < count) {
      if (stream_.avail_in == 0) {
        packed_.resize(kPiece);
        packed_.resize(read_packed(packed_.data(), kPiece));
        if (packed_.empty()) break;
        stream_.next_in = packed_.data();
        stream_.avail_in = static_cast<unsigned>(packed_.size());
      }
      const std::size_t wanted = std::min(kPiece, count - got);
      stream_.next_out = bytes + got;
      stream_.avail_out = static_cast<unsigned>(wanted);
      const int status = inflate(&stream_, Z_NO_FLUSH);
      if (status != Z_OK && status != Z_STREAM_END) damaged(name(), "deflate data that zlib cannot read");
      got += wanted - stream_.avail_out;
      if (status == Z_STREAM_END) break;
    }
    return got;
  }

  FileSource file_;
  ZipMember member_;
  std::uint64_t packed_left_ = 0, done_ = 0;
  std::uint32_t crc_ = 0;
  z_stream stream_{};
  std::vector<std::uint8_t> packed_;
};

}  // namespace

std::vector<ZipMember> zip_members(const std::string& path) {
  FileSource file(path);
  const std::vector<std::uint8_t> end = end_record(file);
  const std::uint32_t count = little16(end.data() + 10);
  std::uint64_t offset = little32(end.data() + 16);
  std::vector<ZipMember> members;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::vector<std::uint8_t> entry = read_at(file, offset, kCentralSize, "its table of contents");
    if (little32(entry.data()) != kCentralMagic) damaged(path, "its table of contents has no entry where one must be");
    const std::uint32_t name_size = little16(entry.data() + 28);
    const std::vector<std::uint8_t> name = read_at(file, offset + kCentralSize, name_size, "a member's name");
    members.push_back(member_of(path, entry.data(), std::string(name.begin(), name.end())));
    offset += kCentralSize + name_size + little16(entry.data() + 30) + little16(entry.data() + 32);
  }
  return members;
}

std::unique_ptr<ByteSource> open_zip_member(const std::string& path, const ZipMember& member) {
  return std::make_unique<ZipSource>(path, member);
}

}  // namespace systoliq::tb
