// SPDX-License-Identifier: Apache-2.0
// A handler may call little, lock nothing and allocate nothing (signal-safety(7)): it reads texts that lie ready in
// static memory, each behind a flag that is set when the text is whole.
#include "types/util/interruption.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "types/util/names.h"

namespace systoliq {
namespace {

constexpr std::size_t kLongestPath = 4096;

enum class State { kFree, kBeingWritten, kWhole };

struct Slot {
  std::atomic<State> state{State::kFree};
  std::array<char, kLongestPath> text{};

  /// False where the slot is in use already, or the text too long.
  bool take(const std::string& wanted) {
    State expected = State::kFree;
    if (wanted.size() >= text.size() || !state.compare_exchange_strong(expected, State::kBeingWritten)) return false;
    std::memcpy(text.data(), wanted.c_str(), wanted.size() + 1);
    state = State::kWhole;
    return true;
  }
  void leave() { state = State::kFree; }
};

std::array<Slot, 32> temporary_files;  ///< further ones at the same time would stay when interrupted
std::array<Slot, 8> written_files;     ///< those that the message names
std::atomic<bool> more_written{false}, armed{false};
std::atomic<pid_t> child_process{0};
static_assert(std::atomic<State>::is_always_lock_free && std::atomic<pid_t>::is_always_lock_free,
              "a handler may not wait");

std::mutex& written_mutex() {
  static std::mutex mutex;
  return mutex;
}

void say(const char* text) {
  const ssize_t ignored = write(STDERR_FILENO, text, std::strlen(text));
  static_cast<void>(ignored);
}

void say_what_is_left() {
  bool any = false;
  for (const Slot& slot : written_files) {
    if (slot.state != State::kWhole) continue;
    say(any ? ", " : "written before: ");
    say(slot.text.data());
    any = true;
  }
  if (more_written) say(" and others");
  say(any ? "; nothing else is left\n" : "no file is left\n");
}

extern "C" void systoliq_interrupted(int signal) {
  const int error = errno;
  if (const pid_t child = child_process) kill(child, signal);
  for (const Slot& slot : temporary_files) {
    if (slot.state == State::kWhole) unlink(slot.text.data());
  }
  say("\nsystoliq: interrupted; ");
  say_what_is_left();
  errno = error;
  raise(signal);  // its action is the default one again, which follows when this handler returns
}

}  // namespace

void clean_up_when_interrupted() {
  armed = true;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action = {};
    if (sigaction(signal, nullptr, &action) != 0 || action.sa_handler == SIG_IGN) continue;
    action = {};
    action.sa_handler = systoliq_interrupted;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, nullptr);
  }
}

TemporaryFile::TemporaryFile(const std::string& path) : slot_(-1) {
  for (std::size_t i = 0; i < temporary_files.size() && slot_ < 0; ++i) {
    if (temporary_files[i].take(path)) slot_ = static_cast<int>(i);
  }
}

TemporaryFile::~TemporaryFile() {
  if (slot_ >= 0) temporary_files[static_cast<std::size_t>(slot_)].leave();
}

void note_written(const std::string& path) {
  if (!armed) return;
  const std::lock_guard<std::mutex> lock(written_mutex());
  const std::string text = shown(path);
  for (const Slot& slot : written_files) {
    if (slot.state == State::kWhole && text == slot.text.data()) return;
  }
  for (Slot& slot : written_files) {
    if (slot.take(text)) return;
  }
  more_written = true;
}

void note_removed(const std::string& path) {
  const std::lock_guard<std::mutex> lock(written_mutex());
  for (Slot& slot : written_files) {
    if (slot.state == State::kWhole && shown(path) == slot.text.data()) slot.leave();
  }
}

void pass_signals_to(pid_t child) { child_process = child; }

}  // namespace systoliq
