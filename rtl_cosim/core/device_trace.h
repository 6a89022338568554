// SPDX-License-Identifier: Apache-2.0
// How a Verilated model shows its signals: as the text of a value change dump, cycle by cycle.
#pragma once

#include <verilated_vcd_c.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "types/error.h"

namespace systoliq::rtl {

class DeviceTrace {
 public:
  virtual ~DeviceTrace() = default;
  /// More of the dump: first its header, then what changes.
  virtual void feed(std::string_view vcd) = 0;
  /// If the signals of this cycle are to be shown.
  virtual bool wants(std::int64_t cycle) = 0;
  /// What was fed last is what the signals are in this cycle, just before the clock's next rising edge.
  virtual void shown(std::int64_t cycle) = 0;
};

class Tracer {
 public:
  virtual ~Tracer() = default;
  /// Call when the signals of this cycle have settled.
  virtual void sample(std::int64_t cycle) = 0;
};

/// Verilator's writer, whose file is a DeviceTrace. The model must have been built with --trace.
template <typename Model>
class VerilatedTracer final : public Tracer {
 public:
  VerilatedTracer(Model& model, DeviceTrace& trace) : trace_(trace), file_(trace), vcd_(&file_) {
    model.trace(&vcd_, 99);
    vcd_.open("trace");
    vcd_.flush();
  }

  void sample(std::int64_t cycle) override {
    if (!trace_.wants(cycle)) return;
    vcd_.dump(static_cast<std::uint64_t>(cycle));
    vcd_.flush();
    trace_.shown(cycle);
  }

 private:
  class File final : public VerilatedVcdFile {
   public:
    explicit File(DeviceTrace& trace) : to_(trace) {}
    bool open(const std::string&) override { return true; }
    void close() override {}
    ssize_t write(const char* text, ssize_t size) override {
      to_.feed({text, static_cast<std::size_t>(size)});
      return size;
    }

   private:
    DeviceTrace& to_;
  };

  DeviceTrace& trace_;
  File file_;
  VerilatedVcdC vcd_;
};

template <typename Model, typename = void>
struct IsTraced : std::false_type {};
template <typename Model>
struct IsTraced<Model, std::void_t<decltype(std::declval<Model&>().trace(std::declval<VerilatedVcdC*>(), 0))>>
    : std::true_type {};

/// A tracer of the model into `trace`, or none for nullptr. Throws InputError if the model was built without --trace.
template <typename Model>
std::unique_ptr<Tracer> make_tracer(Model& model, DeviceTrace* trace) {
  if (trace == nullptr) return nullptr;
  if constexpr (IsTraced<Model>::value) {
    return std::make_unique<VerilatedTracer<Model>>(model, *trace);
  } else {
    throw InputError(std::string("the RTL '") + model.modelName() + "' was built without waveforms; docs/traces.md");
  }
}

}  // namespace systoliq::rtl
