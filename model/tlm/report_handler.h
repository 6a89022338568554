// SPDX-License-Identifier: Apache-2.0
// SystemC's reports go through spdlog like everything else that is logged.
#pragma once

namespace systoliq::model {

/// Installs the handler: info, warning and error are logged; error and fatal are thrown as SystemC does by default.
void install_report_handler();

}  // namespace systoliq::model
