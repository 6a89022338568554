# SPDX-License-Identifier: Apache-2.0
# Debian packages by what needs them; sourced by ./dev. A command installs the groups that it names on its first use.
declare -A PACKAGE_GROUPS=(
  [run]="g++ cmake ninja-build libsystemc-dev libspdlog-dev libcli11-dev libtomlplusplus-dev nlohmann-json3-dev
    libonnx-dev libprotobuf-dev libflatbuffers-dev flatbuffers-compiler libdnnl-dev zlib1g-dev libpng-dev libjpeg62-turbo-dev"
  [cosim]="verilator"
  [train]="libtorch-dev protobuf-compiler"
  [test]="libgtest-dev libonnx-testdata iverilog yosys python3-dev python3-venv ccache mold"
  [bench]="libbenchmark-dev"
  [fuzz]="clang libclang-rt-dev ccache"
  [package]="dpkg-dev file"
  [format]="clang-format git"
  [lint]="clang-tidy verilator g++-aarch64-linux-gnu"
)

has_dpkg() { command -v dpkg-query >/dev/null; }

# Those of the given packages that are not installed, a line each.
missing_packages() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

# Says what apt would load, before it does: a list of packages, how many more those need, and megabytes.
announce_packages() {
  local uris
  uris="$(apt-get install --print-uris -y -qq --no-install-recommends "$@")"
  awk -v asked="$#" -v names="$*" '
    { count++; bytes += $3 }
    END {
      printf "dev: installing %d Debian packages (%d and what they need), %.0f MB to download: %s\n",
        count, asked, bytes / 1e6, names
    }' <<<"$uris"
}

# Installs what is missing of the given groups; touches neither network nor apt when there is nothing.
ensure_packages() {
  local group wanted=() missing=() as_root=()
  for group in "$@"; do
    [ -n "${PACKAGE_GROUPS[$group]:-}" ] || die "packages: no group '$group'; accepted: ${!PACKAGE_GROUPS[*]}"
    if [ "$group" != train ] || [ "${SYSTOLIQ_TRAIN:-}" != OFF ]; then
      read -r -d '' -a words <<<"${PACKAGE_GROUPS[$group]}" || true
      wanted+=("${words[@]}")
    fi
  done
  has_dpkg || {
    echo "dev: no dpkg here; what these Debian packages hold must be present: ${wanted[*]}" >&2
    return
  }
  mapfile -t missing < <(missing_packages "${wanted[@]}")
  [ ${#missing[@]} -eq 0 ] && return
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "missing packages; as root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -qq
  announce_packages "${missing[@]}"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# ON where the package is installed, or where no dpkg can tell; else OFF.
switch() {
  if has_dpkg && [ -n "$(missing_packages "$@")" ]; then echo OFF; else echo ON; fi
}
