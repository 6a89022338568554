// SPDX-License-Identifier: Apache-2.0
// Names that come from files (layers, tensors, networks, paths) on their way to a terminal, a CSV file or the name of a
// file. A name may hold any bytes: terminal escapes, half a character of UTF-8, a NUL, a spreadsheet's formula.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace systoliq {

/// `text` for people, on one line: control characters become \n, \t, \r or \x1b; characters that are invisible or turn
/// the direction of writing become \u202e; bytes that are not UTF-8 become \xff. All else stays, a backslash too, so
/// that shown(shown(text)) = shown(text).
std::string shown(const std::string& text);

/// shown() of every line of a text of ours that holds such names.
std::string shown_lines(const std::string& text);

/// `text` as it is where it is UTF-8, else shown(text): for formats that hold nothing but UTF-8.
std::string utf8_text(const std::string& text);

/// shown(text) as a field of a CSV file: quoted where it holds a comma, a quote or a space at an end. A spreadsheet
/// calculates what begins with '=', '+', '-' or '@'; such a field gets an apostrophe in front.
std::string csv_text(const std::string& text);
/// csv_text() that is always quoted.
std::string csv_quoted(const std::string& text);

/// Names of files made from any names: safe in every file system, and no two alike.
///
/// A file's name is a stem and one of the endings. A stem has letters, digits, '_', '-' and '.', of which the last two
/// do not begin it, and at most 100 bytes; other bytes of the name become '_'. Where any of the stem's files would have
/// the name of a file claimed before, in upper or lower case, "_2", "_3" … is appended.
class FileNames final {
 public:
  /// `taken`: whole names of files that are not to be claimed.
  explicit FileNames(std::vector<std::string> endings, const std::vector<std::string>& taken = {});
  /// The stem of the files of `name`; another one at every call.
  std::string claim(const std::string& name);

 private:
  std::vector<std::string> endings_;
  std::set<std::string> taken_;  ///< in lower case
};

}  // namespace systoliq
