# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` installs: programs and the files that they read, the libraries as components of
# find_package(systoliq), their headers below include/systoliq/ (docs/embedding.md). CPack's packages are made of the
# install components runtime, train, development and bundled (cmake/systoliq_package.cmake).
#
# Programs find their files in ../share/systoliq beside their own folder; the build folder has links there.
include(GNUInstallDirs)
set(cmake_folder ${CMAKE_INSTALL_LIBDIR}/cmake/systoliq)
set(data_folder share/systoliq)
set(include_folder include)
set(program_file bin/systoliq)
set(data configs models rtl_cosim/rtl rtl_cosim/vectors/bench)
set(documents README.md CHANGELOG.md LICENSE docs)

foreach(folder IN LISTS data)
  get_filename_component(parent ${folder} DIRECTORY)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/${data_folder}/${parent})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${folder} ${CMAKE_BINARY_DIR}/${data_folder}/${folder} SYMBOLIC)
  install(DIRECTORY ${folder}/ DESTINATION ${data_folder}/${folder} USE_SOURCE_PERMISSIONS COMPONENT runtime)
endforeach()
foreach(document IN LISTS documents)
  if(IS_DIRECTORY ${CMAKE_SOURCE_DIR}/${document})
    install(DIRECTORY ${document} DESTINATION share/doc/systoliq COMPONENT runtime)
  else()
    install(FILES ${document} DESTINATION share/doc/systoliq COMPONENT runtime)
  endif()
endforeach()
install(FILES rtl_cosim/dpi/systoliq_dpi_pkg.sv rtl_cosim/dpi/systoliq_requantize_scoreboard.sv
        DESTINATION ${data_folder}/rtl_cosim/dpi COMPONENT runtime)

# Programs. An archive brings other people's libraries in lib/systoliq; elsewhere that folder does not exist. An RPATH,
# since a RUNPATH would not hold for what these libraries need themselves.
foreach(program systoliq systoliq-cosim systoliq-train)
  if(TARGET ${program})
    set(component runtime)
    if(program STREQUAL systoliq-train)
      set(component train)
    endif()
    set_target_properties(${program} PROPERTIES INSTALL_RPATH "$ORIGIN/../lib/systoliq")
    target_link_options(${program} PRIVATE -Wl,--disable-new-dtags)
    install(TARGETS ${program} RUNTIME DESTINATION bin COMPONENT ${component})
  endif()
endforeach()

# Components of find_package and their libraries, each after those that it needs; the name that a user links, where it
# is not that of the build.
set(SYSTOLIQ_COMPONENTS types reference model quantizer dpi)
set(libraries_of_types types)
set(libraries_of_reference sw_ref_reference)
set(libraries_of_model model_config model_isa model_arith model_timing model_accounting model_replay model_compiler
    model_functional model_tlm model_cycle model)
set(libraries_of_quantizer sw_ref_frontend sw_ref_float sw_ref_quantizer)
set(libraries_of_dpi dpi)
set(libraries_of_cosim cosim_unit_checks cosim_core_checks)
set(exported_as_sw_ref_reference reference)
set(exported_as_sw_ref_quantizer quantizer)
if(SYSTOLIQ_COSIM)
  list(APPEND SYSTOLIQ_COMPONENTS cosim)
endif()
foreach(component IN LISTS SYSTOLIQ_COMPONENTS)
  foreach(library IN LISTS libraries_of_${component})
    set(name ${library})
    if(DEFINED exported_as_${library})
      set(name ${exported_as_${library}})
    endif()
    set_target_properties(systoliq_${library} PROPERTIES EXPORT_NAME ${name})
    install(TARGETS systoliq_${library} EXPORT systoliq_${component}
            ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development
            LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime)
  endforeach()
  install(EXPORT systoliq_${component} FILE systoliq_${component}_targets.cmake NAMESPACE systoliq::
          DESTINATION ${cmake_folder} COMPONENT development)
endforeach()

include(CMakePackageConfigHelpers)
set(verilator_version ${verilator_VERSION})
configure_package_config_file(cmake/systoliq-config.cmake.in ${CMAKE_BINARY_DIR}/generated/systoliq-config.cmake
                              INSTALL_DESTINATION ${cmake_folder} PATH_VARS data_folder include_folder program_file)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/generated/systoliq-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/generated/systoliq-config.cmake
              ${CMAKE_BINARY_DIR}/generated/systoliq-config-version.cmake
              cmake/FindSystemC.cmake cmake/FindOneDNN.cmake cmake/FindOnnx.cmake
              cmake/systoliq_cosim.cmake cmake/systoliq_verilate.cmake cmake/systoliq_verilated_sources.cmake
        DESTINATION ${cmake_folder} COMPONENT development)

# systoliq_install_sources(DESTINATION dir FILES pattern…): C++ files below dir, at the paths that they have here; they
# include one another as <systoliq/…>. RELATIVE says below which folder the patterns are.
function(systoliq_install_sources)
  cmake_parse_arguments(ARG "" "DESTINATION;RELATIVE" "FILES" ${ARGN})
  install(CODE "
    set(root \"${ARG_RELATIVE}\")
    set(patterns \"${ARG_FILES}\")
    set(destination \"${ARG_DESTINATION}\")
    set(staging \"${CMAKE_BINARY_DIR}/installed_sources\")
    include(\"${CMAKE_SOURCE_DIR}/cmake/install_sources.cmake\")" COMPONENT development)
endfunction()

set(headers "")
foreach(folder types types/util sw_ref/reference sw_ref/frontend/graph sw_ref/frontend/onnx sw_ref/float
        sw_ref/quantizer sw_ref/quantizer/fusion sw_ref/quantizer/onnx sw_ref/quantizer/calibration
        sw_ref/quantizer/integer sw_ref/quantizer/qdq sw_ref/quantizer/qdq/forms sw_ref/quantizer/tflite
        model model/config model/isa model/arith model/timing model/accounting model/replay model/compiler model/functional model/tlm model/cycle rtl_cosim/unit rtl_cosim/core)
  list(APPEND headers ${folder}/*.h)
endforeach()
list(APPEND headers sw_ref/frontend/tflite/tflite_reader.h)  # the others need flatbuffers
systoliq_install_sources(RELATIVE ${CMAKE_SOURCE_DIR} DESTINATION include/systoliq
                         FILES ${headers} rtl_cosim/dpi/systoliq_dpi.h)
systoliq_install_sources(RELATIVE ${CMAKE_BINARY_DIR}/generated DESTINATION include/systoliq FILES types/version.h)
systoliq_install_sources(RELATIVE ${CMAKE_SOURCE_DIR} DESTINATION ${data_folder}/sources
                         FILES rtl_cosim/blocks/*.h rtl_cosim/blocks/*.cpp model/sc_main/sc_main.cpp)
