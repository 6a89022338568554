// SPDX-License-Identifier: Apache-2.0
// The program's entry point.
int main() { return 0; }
