#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The quick tests (labels unit and model) under the address and the undefined behavior sanitizer, built in build/sanitize.
# Arguments go to ctest.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

options=()
if command -v ccache >/dev/null; then options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
if command -v mold >/dev/null; then options+=(-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=mold); fi
mkdir -p build
cmake --preset sanitize "${options[@]}" >build/sanitize.log 2>&1 || {
  cat build/sanitize.log >&2
  exit 2
}
cmake --build --preset sanitize
ctest --preset sanitize -j "$(nproc)" --output-junit "$PWD/build/sanitize.xml" --test-output-size-passed 100000 "$@"
python3 tests/house/skipped_tests.py build/sanitize.xml
