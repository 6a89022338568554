// SPDX-License-Identifier: Apache-2.0
// What a program leaves behind that is ended by Ctrl-C or by SIGTERM: whole files, which it names, and no temporary
// ones.
#pragma once

#include <sys/types.h>

#include <string>

namespace systoliq {

/// From now on SIGINT, SIGTERM and SIGHUP, where they are not ignored, end the program so: they reach the child process
/// of pass_signals_to(), temporary files are removed, standard error tells which files were written since, and the same
/// signal ends the program. For programs; a library leaves the signals of its caller alone.
void clean_up_when_interrupted();

/// A file that goes when the program is interrupted while this object lives.
class TemporaryFile final {
 public:
  /// Before the file is made, so that no moment is left in between. Nobody else may use its name.
  explicit TemporaryFile(const std::string& path);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

 private:
  int slot_;
};

/// A file that is whole and stays, for the message.
void note_written(const std::string& path);
/// A file of note_written() that was removed again.
void note_removed(const std::string& path);

/// A child process that signals are passed on to; 0: none.
void pass_signals_to(pid_t child);

}  // namespace systoliq
