// SPDX-License-Identifier: Apache-2.0
// Which kernels a build has: those of x86-64, or only the portable forms.
#pragma once

// SYSTOLIQ_PORTABLE (CMake: SYSTOLIQ_SIMD=OFF) leaves the x86 kernels out of an x86 build too.
#if defined(__x86_64__) && !defined(SYSTOLIQ_PORTABLE)
#define SYSTOLIQ_X86_KERNELS 1
#else
#define SYSTOLIQ_X86_KERNELS 0
#endif
