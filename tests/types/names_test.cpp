// SPDX-License-Identifier: Apache-2.0
// Names with everything in them that a terminal, a spreadsheet or a file system would take for something else.
#include "types/util/names.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "types/util/number_text.h"

namespace systoliq {
namespace {

TEST(Names, OrdinaryOnesStay) {
  for (const char* name : {"", "conv1", "a/b:c\\d", "16 × 16", "größe", "畳み込み", "'\"", "\xF0\x9F\x98\x80"}) {
    EXPECT_EQ(shown(name), name);
    EXPECT_EQ(utf8_text(name), name);
  }
}

TEST(Names, TerminalsGetNoControls) {
  EXPECT_EQ(shown("a\x1b[2Jb"), "a\\x1b[2Jb");
  EXPECT_EQ(shown(std::string("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(shown("one\ntwo\tthree\r"), "one\\ntwo\\tthree\\r");
  EXPECT_EQ(shown("\x7f"), "\\x7f");
  EXPECT_EQ(shown("\xC2\x9B"
                  "31m"),
            "\\u009b31m")
      << "the control sequence introducer of eight bits";
  EXPECT_EQ(shown("cpp.\xE2\x80\xAE"
                  "exe"),
            "cpp.\\u202eexe")
      << "writing from right to left";
  EXPECT_EQ(shown("\xE2\x80\x8B"), "\\u200b");
}

TEST(Names, LinesStayLines) {
  EXPECT_EQ(shown_lines("a\x1b\n\n\tb\n"), "a\\x1b\n\n\\tb\n");
  EXPECT_EQ(shown_lines("one line"), "one line");
  EXPECT_EQ(shown_lines(""), "");
}

TEST(Names, WhatIsNoUtf8IsEscapedByteByByte) {
  EXPECT_EQ(shown("\xff"), "\\xff");
  EXPECT_EQ(shown("a\xC3"), "a\\xc3") << "cut off";
  EXPECT_EQ(shown("\xC0\xAF"), "\\xc0\\xaf") << "overlong";
  EXPECT_EQ(shown("\xE0\x80\xAF"), "\\xe0\\x80\\xaf") << "overlong";
  EXPECT_EQ(shown("\xED\xA0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(shown("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "beyond U+10FFFF";
  EXPECT_EQ(shown("\xC3(\xC3\xA9"), "\\xc3(\xC3\xA9") << "what follows is read again";
  EXPECT_EQ(utf8_text("\x1b\xff"), "\\x1b\\xff");
  EXPECT_EQ(utf8_text("\x1b"), "\x1b") << "UTF-8 can hold it";
}

TEST(Names, RandomBytesBecomePrintableAndStaySo) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string name;
    for (int i = 0; i < 12; ++i) name += static_cast<char>(random() & 0xFF);
    const std::string once = shown(name);
    EXPECT_EQ(shown(once), once);
    for (const char c : once) EXPECT_GE(static_cast<unsigned char>(c), 0x20);
  }
}

TEST(Names, CsvFieldsAreTextForASpreadsheet) {
  EXPECT_EQ(csv_text("conv1"), "conv1");
  EXPECT_EQ(csv_text(""), "");
  EXPECT_EQ(csv_text("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_text("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(csv_text("a\nb"), "a\\nb");
  EXPECT_EQ(csv_text(" a"), "\" a\"");
  EXPECT_EQ(csv_quoted("a"), "\"a\"");
  EXPECT_EQ(csv_quoted("=\"a"), "\"'=\"\"a\"");
  EXPECT_EQ(csv_text("=HYPERLINK(\"x\",1)"), "\"'=HYPERLINK(\"\"x\"\",1)\"");
  for (const char* formula : {"=1+1", "+1", "-1", "@SUM(A1)"}) EXPECT_EQ(csv_text(formula), std::string("'") + formula);
}

TEST(Names, FilesAreSafe) {
  FileNames names({".npy"});
  EXPECT_EQ(names.claim("conv1"), "conv1");
  EXPECT_EQ(names.claim("../../etc/passwd"), "_.._.._etc_passwd");
  EXPECT_EQ(names.claim(std::string("a\0b", 3)), "a_b");
  EXPECT_EQ(names.claim("-rf"), "_-rf");
  EXPECT_EQ(names.claim(""), "_");
  EXPECT_EQ(names.claim("größe"), "gr____e") << "a byte at a time";
  EXPECT_EQ(names.claim(std::string(500, 'x')), std::string(100, 'x'));
}

TEST(Names, FilesAreUnique) {
  FileNames names({".npy", ".int.npy"}, {"Taken.npy"});
  EXPECT_EQ(names.claim("a/b"), "a_b");
  EXPECT_EQ(names.claim("a_b"), "a_b_2");
  EXPECT_EQ(names.claim("A_B"), "A_B_3") << "some file systems know no case";
  EXPECT_EQ(names.claim("a_b_2"), "a_b_2_2");
  EXPECT_EQ(names.claim("taken"), "taken_2");
  EXPECT_EQ(names.claim("x"), "x");
  EXPECT_EQ(names.claim("x.int"), "x.int_2") << "x.int.npy is there";
  EXPECT_EQ(names.claim(std::string(200, 'y')), std::string(100, 'y'));
  EXPECT_EQ(names.claim(std::string(300, 'y')), std::string(100, 'y') + "_2");
}

TEST(NumberText, IsShortAndComesBack) {
  EXPECT_EQ(number_text(0.0003F), "0.0003");
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(0.1F), "0.1");
  EXPECT_EQ(number_text(double{0.1F}), "0.10000000149011612");
  EXPECT_EQ(number_text(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(number_text(1e300), "1e+300");
  std::mt19937 random(11);
  for (int i = 0; i < 2000; ++i) {
    const float value = std::ldexp(static_cast<float>(random()), static_cast<int>(random() % 100) - 60);
    EXPECT_EQ(std::stof(number_text(value)), value);
    EXPECT_NE(number_text(value), number_text(std::nextafter(value, 1e30F)));
  }
}

}  // namespace
}  // namespace systoliq
