// SPDX-License-Identifier: Apache-2.0
// SystemC's library asks every program for this function, also one that has a main() of its own and never calls it.
// Such a program links this file (systoliq::sc_main); a program that begins with its own sc_main() does not.

extern "C" int sc_main(int /*argc*/, char** /*argv*/) { return 0; }
