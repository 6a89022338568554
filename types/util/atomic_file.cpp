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

/// True where a link on the way from `path` is one of the system's to an open stream, as /dev/stdout is. What such a
/// link says is no path: the stream may be a pipe, or a file that others are writing too.
bool leads_to_a_stream(const std::string& path) {
  fs::path target = path;
  std::error_code failure;
  for (int links = 0; links < kMostLinks && fs::is_symlink(target, failure); ++links) {
    const std::string folder = fs::weakly_canonical(fs::absolute(target).parent_path(), failure).string();
    if (folder.rfind("/proc/", 0) == 0) return true;
    const fs::path next = fs::read_symlink(target, failure);
    target = next.is_absolute() ? next : target.parent_path() / next;
  }
  return false;
}

constexpr const char* kFolderRule = "; its folder must exist and be writable";

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  throw InputError(path + ": cannot be written: " + what);
}

void check_place(const std::string& path, const fs::path& folder) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) refuse(path, folder.string() + " is no folder" + kFolderRule);
  if (access(folder.c_str(), W_OK | X_OK) != 0) {
    const std::string reason = std::strerror(errno);
    refuse(path, folder.string() + ": " + reason + kFolderRule);
  }
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path) : path_(path) {
  if (path.empty()) fail("it has no name");
  if (path.find('\0') != std::string::npos) fail("its name holds a NUL");
  struct stat there = {};
  const bool exists = stat(path.c_str(), &there) == 0;
  if (exists && S_ISDIR(there.st_mode)) fail("it is a folder; accepted: the name of a file");
  const bool stream = exists && leads_to_a_stream(path);
  if (exists && (stream || !S_ISREG(there.st_mode))) {
    open_directly(stream ? O_APPEND : 0);
    return;
  }
  target_ = follow(path).string();
  std::error_code ignored;
  if (fs::is_symlink(target_, ignored)) fail("its symbolic links lead nowhere");
  open_temporary();
  if (!exists || fchmod(descriptor_, there.st_mode & 07777) == 0) return;
  const std::string reason = std::strerror(errno);
  remove_temporary();
  fail(reason);
}

AtomicFile::~AtomicFile() { remove_temporary(); }

void AtomicFile::open_directly(int flags) {
  target_ = temporary_ = path_;
  descriptor_ = open(path_.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | flags);
  if (descriptor_ < 0) fail(std::strerror(errno));
}

void AtomicFile::open_temporary() {
  make_temporary();
  if (descriptor_ >= 0) return;
  const std::string reason = std::strerror(errno);
  noted_.reset();
  fail(reason + kFolderRule);
}

void AtomicFile::make_temporary() {
  for (int names = 0; names < kMostNames; ++names) {
    temporary_ = target_ + random_suffix();
    noted_ = std::make_unique<TemporaryFile>(temporary_);
    descriptor_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kPermissions);
    if (descriptor_ >= 0 || errno != EEXIST) return;
  }
}

/// Nothing of this remains; for a file that was committed or is written directly: closes it.
void AtomicFile::remove_temporary() {
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = -1;
  if (noted_) std::remove(temporary_.c_str());
  noted_.reset();
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
  if (closed == 0 && (!noted_ || std::rename(temporary_.c_str(), target_.c_str()) == 0)) {
    if (noted_) note_written(path_);
    noted_.reset();
    return;
  }
  const std::string reason = std::strerror(errno);
  remove_temporary();
  fail(reason);
}

void AtomicFile::fail(const std::string& what) const { refuse(path_, what); }

void write_file(const std::string& path, const std::string& contents) {
  AtomicFile file(path);
  file.write(contents);
  file.commit();
}

void check_writable_file(const std::string& path) {
  if (path.empty()) refuse(path, "it has no name");
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) refuse(path, "it is a folder; accepted: the name of a file");
  if (fs::exists(path, ignored) && (!fs::is_regular_file(path, ignored) || leads_to_a_stream(path))) {
    if (access(path.c_str(), W_OK) != 0) {
      const std::string reason = std::strerror(errno);
      refuse(path, reason);
    }
    return;
  }
  const fs::path folder = follow(path).parent_path();
  check_place(path, folder.empty() ? "." : folder);
}

void check_writable_folder(const std::string& path) {
  if (path.empty()) refuse(path, "it has no name");
  std::error_code ignored;
  fs::path there = fs::absolute(path);
  while (!fs::exists(there, ignored) && there.has_relative_path()) there = there.parent_path();
  check_place(path, there);
}

}  // namespace systoliq
