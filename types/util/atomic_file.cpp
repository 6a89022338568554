// SPDX-License-Identifier: Apache-2.0
// POSIX: O_EXCL makes the temporary file ours alone, rename takes the step from nothing to all.
#include "types/util/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>
#include <system_error>

#include "types/error.h"

namespace systoliq {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kPermissions = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH;  ///< before the umask
constexpr int kMostLinks = 40, kMostNames = 100;

std::string random_suffix() {
  std::random_device entropy;
  char text[24];
  std::snprintf(text, sizeof text, ".%08x%08x", entropy(), entropy());
  return text;
}

/// `path` with the symbolic links at its end followed.
fs::path follow(const std::string& path) {
  fs::path target = path;
  std::error_code failure;
  for (int links = 0; links < kMostLinks && fs::is_symlink(target, failure); ++links) {
    const fs::path next = fs::read_symlink(target, failure);
    target = next.is_absolute() ? next : target.parent_path() / next;
  }
  return target;
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path) : path_(path), target_(follow(path).string()) {
  if (path.empty()) fail("it has no name");
  std::error_code ignored;
  if (fs::is_symlink(target_, ignored)) fail("its symbolic links lead nowhere");
  struct stat there = {};
  const bool exists = stat(target_.c_str(), &there) == 0;
  if (exists && S_ISDIR(there.st_mode)) fail("it is a folder; accepted: the name of a file");
  if (exists && !S_ISREG(there.st_mode)) {
    direct_ = true;
    temporary_ = target_;
    descriptor_ = open(target_.c_str(), O_WRONLY | O_CLOEXEC);
  } else {
    make_temporary();
  }
  if (descriptor_ < 0) fail(std::string(std::strerror(errno)) + "; its folder must exist and be writable");
  if (exists && !direct_ && fchmod(descriptor_, there.st_mode & 07777) != 0) {
    const std::string reason = std::strerror(errno);
    std::remove(temporary_.c_str());
    close(descriptor_);
    fail(reason);
  }
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  if (!direct_) std::remove(temporary_.c_str());
}

void AtomicFile::make_temporary() {
  for (int names = 0; names < kMostNames; ++names) {
    temporary_ = target_ + random_suffix();
    descriptor_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kPermissions);
    if (descriptor_ >= 0 || errno != EEXIST) return;
  }
}

void AtomicFile::write(const void* bytes, std::size_t count) {
  const auto* next = static_cast<const char*>(bytes);
  while (count > 0) {
    const ssize_t written = ::write(descriptor_, next, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(std::string(std::strerror(errno)) + "; the disk may be full");
    next += written;
    count -= static_cast<std::size_t>(written);
  }
}

void AtomicFile::commit() {
  const int closed = close(descriptor_);
  descriptor_ = -1;
  if (!direct_ && (closed != 0 || std::rename(temporary_.c_str(), target_.c_str()) != 0)) {
    const std::string reason = std::strerror(errno);
    std::remove(temporary_.c_str());
    fail(reason);
  }
  if (closed != 0) fail(std::strerror(errno));
}

void AtomicFile::fail(const std::string& what) const { throw InputError(path_ + ": cannot be written: " + what); }

void write_file(const std::string& path, const std::string& contents) {
  AtomicFile file(path);
  file.write(contents);
  file.commit();
}

}  // namespace systoliq
