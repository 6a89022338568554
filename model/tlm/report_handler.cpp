// SPDX-License-Identifier: Apache-2.0
// Severity to level; the actions that end or throw stay SystemC's own.
#include "model/tlm/report_handler.h"

#include <spdlog/spdlog.h>

#include <systemc>

namespace systoliq::model {
namespace {

spdlog::level::level_enum level_of(sc_core::sc_severity severity) {
  switch (severity) {
    case sc_core::SC_INFO:
      return spdlog::level::info;
    case sc_core::SC_WARNING:
      return spdlog::level::warn;
    case sc_core::SC_ERROR:
      return spdlog::level::err;
    default:
      return spdlog::level::critical;
  }
}

void handle(const sc_core::sc_report& report, const sc_core::sc_actions& actions) {
  if ((actions & (sc_core::SC_DISPLAY | sc_core::SC_LOG)) != 0) {
    spdlog::log(level_of(report.get_severity()), "{}: {} [{}]", report.get_msg_type(), report.get_msg(),
                report.get_process_name() != nullptr ? report.get_process_name() : "elaboration");
  }
  sc_core::sc_report_handler::default_handler(report, actions & ~(sc_core::SC_DISPLAY | sc_core::SC_LOG));
}

}  // namespace

void install_report_handler() { sc_core::sc_report_handler::set_handler(handle); }

}  // namespace systoliq::model
