// SPDX-License-Identifier: Apache-2.0
// A walk over all fields by reflection, then a change of one of them.
#include "tests/fuzz/message_mutator.h"

#include <google/protobuf/descriptor.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace systoliq::fuzz {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr std::size_t kLongestText = 4096;

class Mutator final {
 public:
  Mutator(Message* message, const std::vector<std::string>& words, std::uint32_t seed)
      : root_(message), texts_(words), random_(seed) {}

  void run() {
    for (std::uint32_t changes = 1 + random_() % 3; changes > 0; --changes) {
      places_.clear();
      collect(root_);
      if (places_.empty()) return;
      const Place& place = places_[below(places_.size())];
      if (place.field->is_repeated()) {
        change_repeated(place);
      } else {
        change_single(place);
      }
    }
  }

 private:
  struct Place {
    Message* message;
    const FieldDescriptor* field;
  };

  std::size_t below(std::size_t count) { return random_() % count; }

  /// Fields that are set, and one of the others for each message.
  void collect(Message* message) {
    const Reflection& reflection = *message->GetReflection();
    std::vector<const FieldDescriptor*> fields;
    reflection.ListFields(*message, &fields);
    for (const FieldDescriptor* field : fields) {
      places_.push_back({message, field});
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) note_texts(*message, field);
      if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
      if (!field->is_repeated()) {
        collect(reflection.MutableMessage(message, field));
        continue;
      }
      for (int i = 0; i < reflection.FieldSize(*message, field); ++i) {
        collect(reflection.MutableRepeatedMessage(message, field, i));
      }
    }
    const int count = message->GetDescriptor()->field_count();
    if (count > 0) {
      places_.push_back({message, message->GetDescriptor()->field(static_cast<int>(below(std::size_t(count))))});
    }
  }

  void note_texts(const Message& message, const FieldDescriptor* field) {
    const Reflection& reflection = *message.GetReflection();
    if (field->is_repeated()) {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        texts_.push_back(reflection.GetRepeatedString(message, field, i));
      }
    } else {
      texts_.push_back(reflection.GetString(message, field));
    }
  }

  std::int64_t number(std::int64_t old) {
    static const std::int64_t kNumbers[] = {0,     1,     -1,        2,         3,          4,
                                            5,     7,     8,         16,        127,        255,
                                            1000,  65536, 1 << 20,   1 << 28,   INT32_MAX,  std::int64_t{1} << 31,
                                            -1024, -8,    INT64_MAX, INT64_MIN, -INT32_MAX, std::int64_t{1} << 40};
    switch (random_() % 6) {
      case 0:
        return old == INT64_MAX ? 0 : old + 1;
      case 1:
        return old == INT64_MIN ? 0 : old - 1;
      case 2:
        return static_cast<std::int64_t>(random_() % 12);
      case 3:
        return std::abs(old % (INT64_MAX / 2)) * 2;
      default:
        return kNumbers[below(std::size(kNumbers))];
    }
  }

  double real(double old) {
    static const double kNumbers[] = {0.0,  1.0,  -1.0, 0.5,      1e-45,     1e-30, 1e30,
                                      3e38, -0.0, 6.0,  INFINITY, -INFINITY, NAN,   128.0};
    return random_() % 4 == 0 ? old * 2 : kNumbers[below(std::size(kNumbers))];
  }

  std::string text(std::string old) {
    if (random_() % 2 == 0 && !texts_.empty()) return texts_[below(texts_.size())];
    switch (random_() % 4) {
      case 0:
        return old.size() < kLongestText ? old + old : old;
      case 1:
        return old.substr(0, old.size() / 2);
      case 2:
        return old + static_cast<char>(random_() % 256);
      default:
        if (!old.empty()) old[below(old.size())] = static_cast<char>(random_() % 256);
        return old;
    }
  }

  void change_single(const Place& place) {
    Message* message = place.message;
    const FieldDescriptor* field = place.field;
    const Reflection& reflection = *message->GetReflection();
    if (random_() % 8 == 0) return reflection.ClearField(message, field);
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return reflection.SetInt32(message, field,
                                   static_cast<std::int32_t>(number(reflection.GetInt32(*message, field))));
      case FieldDescriptor::CPPTYPE_INT64:
        return reflection.SetInt64(message, field, number(reflection.GetInt64(*message, field)));
      case FieldDescriptor::CPPTYPE_FLOAT:
        return reflection.SetFloat(message, field, static_cast<float>(real(reflection.GetFloat(*message, field))));
      case FieldDescriptor::CPPTYPE_ENUM:
        return reflection.SetEnumValue(message, field, static_cast<int>(random_() % 24));
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection.SetString(message, field, text(reflection.GetString(*message, field)));
      case FieldDescriptor::CPPTYPE_MESSAGE: {
        const std::string bytes = one_of(field->message_type());  // before another field of its oneof goes
        reflection.MutableMessage(message, field)->ParsePartialFromString(bytes);
        return;
      }
      default:
        return;
    }
  }

  /// One of the messages of that kind, as bytes; empty where there is none.
  std::string one_of(const google::protobuf::Descriptor* kind) {
    std::vector<const Message*> same;
    for (const Place& place : places_) {
      if (place.message->GetDescriptor() == kind) same.push_back(place.message);
    }
    return same.empty() ? std::string() : same[below(same.size())]->SerializePartialAsString();
  }

  void change_repeated(const Place& place) {
    Message* message = place.message;
    const FieldDescriptor* field = place.field;
    const Reflection& reflection = *message->GetReflection();
    const int size = reflection.FieldSize(*message, field);
    const int last = size - 1;
    if (size == 0 || random_() % 4 == 0) return append(place);
    const int chosen = static_cast<int>(below(static_cast<std::size_t>(size)));
    switch (random_() % 4) {
      case 0:
        if (chosen != last) reflection.SwapElements(message, field, chosen, last);
        return reflection.RemoveLast(message, field);
      case 1:
        return reflection.SwapElements(message, field, chosen, last);
      default:
        return change_element(place, chosen);
    }
  }

  void append(const Place& place) {
    Message* message = place.message;
    const FieldDescriptor* field = place.field;
    const Reflection& reflection = *message->GetReflection();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return reflection.AddInt32(message, field, static_cast<std::int32_t>(number(1)));
      case FieldDescriptor::CPPTYPE_INT64:
        return reflection.AddInt64(message, field, number(1));
      case FieldDescriptor::CPPTYPE_FLOAT:
        return reflection.AddFloat(message, field, static_cast<float>(real(1)));
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection.AddString(message, field, text("a"));
      case FieldDescriptor::CPPTYPE_MESSAGE: {
        const std::string bytes = one_of(field->message_type());
        reflection.AddMessage(message, field)->ParsePartialFromString(bytes);
        return;
      }
      default:
        return;
    }
  }

  void change_element(const Place& place, int i) {
    Message* message = place.message;
    const FieldDescriptor* field = place.field;
    const Reflection& reflection = *message->GetReflection();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return reflection.SetRepeatedInt32(message, field, i, static_cast<std::int32_t>(number(1)));
      case FieldDescriptor::CPPTYPE_INT64:
        return reflection.SetRepeatedInt64(message, field, i, number(reflection.GetRepeatedInt64(*message, field, i)));
      case FieldDescriptor::CPPTYPE_FLOAT:
        return reflection.SetRepeatedFloat(message, field, i, static_cast<float>(real(1)));
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection.SetRepeatedString(message, field, i, text(reflection.GetRepeatedString(*message, field, i)));
      case FieldDescriptor::CPPTYPE_MESSAGE: {
        const std::string bytes = one_of(field->message_type());
        reflection.MutableRepeatedMessage(message, field, i)->ParsePartialFromString(bytes);
        return;
      }
      default:
        return;
    }
  }

  Message* root_;
  std::vector<std::string> texts_;
  std::minstd_rand random_;
  std::vector<Place> places_;
};

}  // namespace

void mutate(Message* message, const std::vector<std::string>& words, std::uint32_t seed) {
  Mutator(message, words, seed).run();
}

}  // namespace systoliq::fuzz
