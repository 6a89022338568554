#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The Python environment of the tests labeled `outside`: a virtual environment with the packages of requirements.txt.
#
#   environment.sh make FOLDER              makes it where it is absent or of other requirements; fails with the reason,
#                                           which stays in FOLDER.reason
#   environment.sh run FOLDER PROGRAM ...   runs a program of it, or a Python script; without an environment it says why
#                                           and ends with 77 (CTest: skipped), or with 1 where CI is set
set -euo pipefail

here="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)"
requirements="$here/requirements.txt"
python=python3
if [ -x /usr/bin/python3 ]; then python=/usr/bin/python3; fi  # Debian's, which python3-venv belongs to

die() {
  echo "environment: $*" >&2
  exit 2
}

# What the environment was made of: it is made again when this changes.
identity() {
  { "$python" -VV && grep -v '^#' "$requirements"; } | sha256sum | cut -d ' ' -f 1
}

is_ready() {
  [ -f "$1/ready" ] && [ "$(cat "$1/ready")" = "$(identity)" ]
}

# The file `ready` comes last, by a rename: an environment that has it is complete.
make_environment() {
  local folder="$1" log="$1.log"
  rm -rf "$folder"
  "$python" -m venv "$folder" >"$log" 2>&1 &&
    "$folder/bin/python" -m pip install --disable-pip-version-check --no-compile --no-deps --only-binary :all: \
      --retries 2 --requirement "$requirements" >>"$log" 2>&1 &&
    "$folder/bin/python" -m pip check >>"$log" 2>&1 &&
    identity >"$folder/ready.new" && mv "$folder/ready.new" "$folder/ready"
}

make() {
  local folder="$1"
  mkdir -p "$(dirname "$folder")"
  exec 9>"$folder.lock"
  flock 9
  is_ready "$folder" && return
  echo "environment: making $folder" >&2
  if make_environment "$folder"; then
    rm -f "$folder.reason"
    return
  fi
  {
    echo "the Python environment of tests/outside/requirements.txt could not be made (all of it: $folder.log):"
    if grep -q 'WARNING: Retrying' "$folder.log"; then echo "the package index could not be reached"; fi
    grep -E '^ERROR|No module|not available' "$folder.log" | tail -n 1 || true
  } >"$folder.reason"
  cat "$folder.reason" >&2
  return 1
}

run() {
  local folder="$1" program="$2"
  shift 2
  if ! is_ready "$folder"; then
    echo "SKIPPED: $(cat "$folder.reason" 2>/dev/null || echo "no Python environment in $folder; ./dev test makes it")"
    if [ -n "${CI:-}" ]; then exit 1; fi
    exit 77
  fi
  export PYTHONPYCACHEPREFIX="$folder/bytecode" PATH="$folder/bin:$PATH"
  case "$program" in
    *.py) exec "$folder/bin/python" "$program" "$@" ;;
    *) exec "$folder/bin/$program" "$@" ;;
  esac
}

[ $# -ge 2 ] || die "usage: environment.sh make FOLDER | run FOLDER PROGRAM ..."
case "$1" in
  make) make "$2" ;;
  run)
    [ $# -ge 3 ] || die "run: no program"
    run "${@:2}"
    ;;
  *) die "unknown command '$1'; accepted: make, run" ;;
esac
