#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compiles what depends on standard headers alone for another architecture, syntax only: nothing there may need x86.
# Argument: the compiler (default aarch64-linux-gnu-g++, of Debian's g++-aarch64-linux-gnu).
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."

compiler="${1:-aarch64-linux-gnu-g++}"
folders=(types sw_ref/reference model/config model/isa model/arith model/arith/simd model/timing model/accounting
  model/functional model/compiler)
command -v "$compiler" >/dev/null || {
  echo "SKIPPED: $compiler is not installed; ./dev packages lint installs g++-aarch64-linux-gnu"
  exit 77
}

# Debian's toml++ is headers only and the same on every architecture; it alone is taken from the host, since all of the
# host's /usr/include would hide the headers of the cross compiler.
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
ln -s /usr/include/toml++ "$scratch/toml++"

sources=()
for folder in "${folders[@]}"; do
  for file in "$folder"/*.cpp; do
    if [ -e "$file" ]; then sources+=("$file"); fi
  done
done
# A header alone must compile as well.
for file in types/*.h; do
  printf '#include "%s"\n' "$file" >"$scratch/$(basename "$file" .h).cpp"
  sources+=("$scratch/$(basename "$file" .h).cpp")
done
printf '%s\0' "${sources[@]}" |
  xargs -0 -n 4 -P "$(nproc)" "$compiler" -std=c++17 -fsyntax-only -Wall -Wextra -I . -isystem "$scratch"
echo "portability: $("$compiler" -dumpmachine): ${#sources[@]} files compile"
