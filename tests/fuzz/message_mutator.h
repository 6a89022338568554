// SPDX-License-Identifier: Apache-2.0
// Changes messages of protobuf in their own terms, so that most of what comes out can be decoded.
#pragma once

#include <google/protobuf/message.h>

#include <random>
#include <string>
#include <vector>

namespace systoliq::fuzz {

/// Changes one to three fields, anywhere in the message: numbers to others, also to extreme ones; texts to `words` and
/// to texts of the message; repeated fields lose, repeat or exchange an element; absent fields appear.
void mutate(google::protobuf::Message* message, const std::vector<std::string>& words, std::uint32_t seed);

}  // namespace systoliq::fuzz
