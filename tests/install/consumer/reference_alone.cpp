// SPDX-License-Identifier: Apache-2.0
// The integer reference without the model: 100 * 0.25 is 25.
#include <systoliq/sw_ref/reference/requantization.h>
#include <systoliq/types/version.h>

#include <cstdio>

int main() {
  using namespace systoliq;
  const auto quarter = sw_ref::derive_requantization(Preset::kTfliteRef, 0.5F, 0.5F, 1.0F, false);
  const std::int64_t result = sw_ref::apply_requantization(quarter, 100);
  std::printf("%lld, systoliq %s\n", static_cast<long long>(result), kVersion);
  return result == 25 ? 0 : 1;
}
