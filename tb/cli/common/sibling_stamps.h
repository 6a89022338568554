// SPDX-License-Identifier: Apache-2.0
// Hashes of the sources that the programs beside `systoliq` are made of; cmake/source_stamps.cmake writes their values.
#pragma once

namespace systoliq::cli {

extern const char* const kTrainStamp;
extern const char* const kCosimStamp;

}  // namespace systoliq::cli
