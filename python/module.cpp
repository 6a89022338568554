// SPDX-License-Identifier: Apache-2.0
// The extension module systoliq._core, on which the package's Python files stand.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <filesystem>

#include "python/bindings.h"
#include "tb/workload/shipped_files.h"
#include "types/error.h"
#include "types/util/cancellation.h"
#include "types/version.h"

namespace nb = nanobind;

namespace systoliq::python {

/// InputError is a ValueError, InternalError a RuntimeError; what is wrong with a path is bad input, as on the command
/// line.
void bind_errors(nb::module_& module) {
  static const nb::exception<InputError>* const input_error =
      new nb::exception<InputError>(module, "InputError", PyExc_ValueError);
  const nb::exception<InternalError> internal_error(module, "InternalError", PyExc_RuntimeError);
  input_error->attr("__doc__") = "Bad input. Says what is wrong, where, and what is accepted.";
  internal_error.attr("__doc__") = "A fault of systoliq itself.";
  nb::register_exception_translator([](const std::exception_ptr& thrown, void*) {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::filesystem::filesystem_error& error) {
      const std::string text = error.path1().string() + ": " + error.code().message();
      PyErr_SetString(input_error->ptr(), text.c_str());
    }
  });
}

}  // namespace systoliq::python

NB_MODULE(_core, module) {
  using namespace systoliq;
  module.doc() = "What the package systoliq is made of; use that.";
  module.attr("version") = kVersion;
  module.def("set_shipped_folder", &tb::set_shipped_folder, nb::arg("folder"),
             "Says where configs and models are that ship with the package.");
  python::bind_errors(module);
  python::bind_networks(module);
  python::bind_machines(module);
  python::bind_reports(module);
}
