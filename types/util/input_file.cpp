// SPDX-License-Identifier: Apache-2.0
// Reads to the end, since neither pipes nor files that grow tell their size.
#include "types/util/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>

#include "types/error.h"

namespace systoliq {
namespace {

/// Closes it at the end of a scope.
class Descriptor final {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

[[noreturn]] void refuse(const std::string& path, const std::string& reason, const std::string& what) {
  throw InputError(path + ": cannot be read (" + reason + "); " + what + " is needed");
}

std::string read_to_end(int descriptor, const std::string& path, const std::string& what, std::int64_t largest) {
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  std::string bytes;
  for (;;) {
    const std::size_t before = bytes.size();
    bytes.resize(before + kPiece);
    const ssize_t count = read(descriptor, &bytes[before], kPiece);
    if (count < 0 && errno != EINTR) refuse(path, std::strerror(errno), what);
    bytes.resize(before + static_cast<std::size_t>(count < 0 ? 0 : count));
    if (static_cast<std::int64_t>(bytes.size()) > largest) {
      throw InputError(path + ": has more than " + std::to_string(largest) + " bytes; accepted: up to that");
    }
    if (count == 0) return bytes;
  }
}

}  // namespace

std::string read_input(const std::string& path, const std::string& what, std::int64_t largest) {
  static std::mutex mutex;
  static std::map<std::string, std::string> kept;
  const std::lock_guard<std::mutex> lock(mutex);
  const auto known = kept.find(path);
  if (known != kept.end()) return known->second;
  if (path.find('\0') != std::string::npos) refuse(path, "its name holds a NUL", what);
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat found = {};
  if (file.number() < 0 || fstat(file.number(), &found) != 0) refuse(path, std::strerror(errno), what);
  if (S_ISDIR(found.st_mode)) refuse(path, "it is a folder", what);
  std::string bytes = read_to_end(file.number(), path, what, largest);
  if (!S_ISREG(found.st_mode)) kept[path] = bytes;
  return bytes;
}

}  // namespace systoliq
