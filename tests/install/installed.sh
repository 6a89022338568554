#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tests of an installed tree and of the packages; the first argument says which.
set -euo pipefail

die() {
  echo "installed.sh: $*" >&2
  exit 1
}

# What the build holds, installed to FIRST, then moved to PREFIX.
install_and_move() {
  local build="$1" first="$2" prefix="$3"
  rm -rf "$first" "$prefix"
  cmake --install "$build" --prefix "$first" >/dev/null
  mv "$first" "$prefix"
}

# No file of PREFIX holds the path of the checkout, programs and libraries included.
no_checkout_path() {
  local checkout="$1" prefix="$2" found
  [ -x "$prefix/bin/systoliq" ] || die "$prefix holds no program"
  found="$(grep -rlF -- "$checkout" "$prefix" || true)"
  [ -z "$found" ] || die "these name $checkout: $found"
}

# Runs from a folder that has nothing to do with it, without SYSTOLIQ_HOME, and needs all kinds of its files.
run_program() {
  local version="$1" prefix="$2" folder
  unset SYSTOLIQ_HOME
  folder="$(mktemp -d)"
  cd "$folder"
  [ "$("$prefix/bin/systoliq" --version)" = "$version" ] || die "--version is not $version"
  "$prefix/bin/systoliq" run --report out | tee table.txt
  grep -q '^total: 416520 MACs, 10503 cycles' table.txt || die "not the cycles of LeNet-5"
  grep -q '^mismatches against the integer reference: 0 over 1 image' table.txt || die "mismatches"
  grep -q '"energy' out/run.json || die "no energy table was found"
  "$prefix/bin/systoliq" vectors lenet5 --config "$prefix/share/systoliq/configs/small_4x4.toml" \
    --samples 5 --executes 1 -o vectors >/dev/null
  [ -n "$(find vectors -name '*.sv')" ] || die "no bench among the vectors"
  rm -rf "$folder"
}

# Of other libraries it needs those of C and C++ only.
dpi() {
  local library="$1/lib/libsystoliq_dpi.so" needed
  needed="$(readelf -d "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vE '^ld-linux|^lib(stdc\+\+|gcc_s|m|c)\.so' || true)"
  [ -z "$needed" ] || die "$library needs $needed"
  nm -D --defined-only "$library" | grep -q ' T sq_requantize$' || die "$library has no sq_requantize"
  ! nm -DC "$library" | grep -q 'sc_core::' || die "$library knows SystemC"
}

# Makes the packages in FOLDER; unpacks each in a folder of its own and runs its program.
packages() {
  local build="$1" folder="$2" version="$3" package depends
  rm -rf "$folder"
  mkdir -p "$folder/deb" "$folder/archive"
  (cd "$build" && cpack -B "$folder/made" >"$folder/log" 2>&1) || {
    cat "$folder/log" >&2
    die "cpack failed"
  }
  package="$(ls "$folder"/made/systoliq_"${version}"_*.deb)"
  depends="$(dpkg-deb -f "$package" Depends)"
  for name in libsystemc libonnx1 libstdc++6; do
    [[ "$depends" == *"$name"* ]] || die "$package does not depend on $name: $depends"
  done
  [ "$(dpkg-deb -f "$package" Version)" = "$version" ] || die "$package has another version"
  for package in "$folder"/made/*.deb; do dpkg-deb -x "$package" "$folder/deb"; done
  run_program "$version" "$folder/deb/usr"
  [ -e "$folder/deb/usr/lib/cmake/systoliq/systoliq-config.cmake" ] || die "systoliq-dev has no systoliq-config.cmake"

  tar -xzf "$folder"/made/systoliq-"$version"-*.tar.gz -C "$folder/archive" --strip-components=1
  run_program "$version" "$folder/archive"
  # shellcheck disable=SC2016
  ldd "$folder/archive/bin/systoliq" | awk -v own="$folder/archive/" '
    /=>/ && $1 !~ /^lib(c|m|gcc_s|stdc\+\+|dl|rt|pthread)\.so/ && index($3, own) != 1 { print; bad = 1 }
    END { exit bad }' || die "the archive's program takes these from elsewhere"
  rm -rf "$folder/deb" "$folder/archive" "$folder/made"
}

case "${1:?which test}" in
  install) install_and_move "${@:2}" ;;
  no_checkout_path) no_checkout_path "${@:2}" ;;
  program) run_program "${@:2}" ;;
  dpi) dpi "${@:2}" ;;
  packages) packages "${@:2}" ;;
  *) die "no test '$1'" ;;
esac
