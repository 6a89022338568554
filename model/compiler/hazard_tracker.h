// SPDX-License-Identifier: Apache-2.0
// Derives the semaphores of a program from what each command reads and writes.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "model/isa/command.h"

namespace systoliq::model {

enum class Storage { kActivations, kWeights, kAccumulators, kParams, kMemory };
inline constexpr int kStorages = 5;

/// Words (bytes for memory) [first, first + count) of one storage.
struct Access {
  Storage storage = Storage::kActivations;
  std::int64_t first = 0, count = 0;
  bool write = false;
  bool late = false;  ///< of an EXECUTE: only from the beginning of its stream on
};

/// Commands are appended in an order in which they could run one after the other; the tracker lets them overlap as far
/// as their accesses allow. Every ordered pair of engines has a semaphore of its own. An engine completes its commands
/// in order, so "the producer has completed command i" is all that a consumer ever waits for; i only grows, hence the
/// consumer's k-th wait takes the producer's k-th token, and one token answers exactly one dependency. Dependencies on
/// the distant past are joined into one on a later command (kLookBack), so that no semaphore counts above its maximum:
/// a tile stored in one layer and loaded in the next may be hundreds of commands away. What an EXECUTE needs late it
/// waits for with stream_wait, so that its weights are there before; its start comes after the stream of the one before
/// has begun, so that its tokens come in the same order.
class HazardTracker final {
 public:
  /// Sets `wait` and `stream_wait` of the last command and `signal` of those it depends on. Its opcode must be LOAD,
  /// EXECUTE, POST or STORE.
  void add(std::vector<Command>* commands, std::initializer_list<Access> accesses);

 private:
  static constexpr int kEngineCount = 4;
  static constexpr std::size_t kLookBack = 128;  ///< commands of the producer; at most as many tokens are outstanding
  struct Record {
    std::int64_t first = 0, end = 0;
    int engine = 0;
    std::int64_t command = 0;
    bool write = false;
  };
  using Needed = std::array<std::int64_t, kEngineCount>;  ///< last command of each producer, or -1
  void record(int engine, std::int64_t command, const Access& access, Needed* needed);
  /// The semaphores of the waits that are not answered for already; their producers signal them.
  std::uint16_t wait_for(const Needed& needed, int engine, std::vector<Command>* commands);
  /// Joins records of the distant past, so that looking at all of them takes no time that grows with the program.
  void compact(std::vector<Record>* records) const;
  /// Commands up to this one are the distant past of their engine.
  std::int64_t distant(int engine) const;

  std::array<std::vector<Record>, kStorages> records_;
  std::array<std::size_t, kStorages> compact_at_ = {kLookBack, kLookBack, kLookBack, kLookBack, kLookBack};
  std::array<std::vector<std::int64_t>, kEngineCount> commands_of_;  ///< indices, ascending
  std::array<std::array<std::int64_t, kEngineCount>, kEngineCount> waited_ = all_none();
  static std::array<std::array<std::int64_t, kEngineCount>, kEngineCount> all_none();
};

/// The semaphore on which `consumer` waits for `producer`; engines are numbered LOAD, EXECUTE, POST, STORE.
int semaphore_of(int producer, int consumer);

}  // namespace systoliq::model
