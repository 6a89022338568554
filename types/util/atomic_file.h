// SPDX-License-Identifier: Apache-2.0
// Output files that are whole or not there: written beside their place under a name of their own, then renamed.
#pragma once

#include <cstddef>
#include <string>

namespace systoliq {

/// One output file. What was at `path` stays until commit(); without commit() nothing of this remains.
///
/// A symbolic link at `path` is written through and stays a link; a link to nothing makes what it names. Something
/// there that is no regular file (a device, a pipe) is written directly. A file that is replaced keeps its permissions.
/// The temporary file has a name that cannot be foretold, is made exclusively and follows no link. All functions throw
/// InputError, which begins with `path`.
class AtomicFile final {
 public:
  explicit AtomicFile(const std::string& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* bytes, std::size_t count);
  void write(const std::string& bytes) { write(bytes.data(), bytes.size()); }
  /// Puts the file in its place.
  void commit();

  /// Where the bytes lie until commit(), for libraries that write files by name.
  const std::string& temporary() const { return temporary_; }

 private:
  void make_temporary();
  [[noreturn]] void fail(const std::string& what) const;

  std::string path_;       ///< as given, for errors
  std::string target_;     ///< where the links lead
  std::string temporary_;  ///< the target itself where it is no regular file
  int descriptor_ = -1;
  bool direct_ = false;
};

/// The whole of a file in one call.
void write_file(const std::string& path, const std::string& contents);

}  // namespace systoliq
