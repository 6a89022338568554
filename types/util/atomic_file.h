// SPDX-License-Identifier: Apache-2.0
// Output files that are whole or not there: written beside their place under a name of their own, then renamed.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "types/util/interruption.h"

namespace systoliq {

/// One output file. What was at `path` stays until commit(); without commit() nothing of this remains.
///
/// A symbolic link at `path` is written through and stays a link; a link to nothing makes what it names. Something
/// there that is no regular file (a device, a pipe), or that is a stream of this process (/dev/stdout, /dev/fd/3), is
/// written directly. A file that is replaced keeps its permissions. The temporary file has a name that cannot be
/// foretold, is made exclusively, follows no link, and goes when the program is interrupted. All functions throw
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
  void open_directly(int flags);
  void open_temporary();
  void make_temporary();
  void remove_temporary();
  [[noreturn]] void fail(const std::string& what) const;

  std::string path_;                      ///< as given, for errors
  std::string target_;                    ///< where the links lead
  std::string temporary_;                 ///< the target itself where it is no regular file
  std::unique_ptr<TemporaryFile> noted_;  ///< while the temporary file is there
  int descriptor_ = -1;
};

/// The whole of a file in one call.
void write_file(const std::string& path, const std::string& contents);

/// Refuses early what AtomicFile would refuse after long work: a file in a folder that is not there or not writable, or
/// a folder of the file's name. Makes nothing. Throws InputError likewise.
void check_writable_file(const std::string& path);
/// Likewise for a folder that is going to be made, with those above it, and filled.
void check_writable_folder(const std::string& path);

}  // namespace systoliq
