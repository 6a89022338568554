/* SPDX-License-Identifier: Apache-2.0
 * The arithmetic from C: 1000 times a half is 500, and a refused argument is named. */
#include <stdio.h>
#include <string.h>
#include <systoliq/rtl_cosim/dpi/systoliq_dpi.h>

int main(void) {
  const long long half = sq_requantize(0, 1000, 1 << 30, 0);
  const long long refused = sq_requantize(99, 1000, 1 << 30, 0);
  const char* error = sq_error();
  printf("%lld, %lld, %s\n", half, refused, error);
  return half == 500 && refused == 0 && strstr(error, "preset = 99") != NULL ? 0 : 1;
}
