// SPDX-License-Identifier: Apache-2.0
// Places of elements in memory.
#include "model/isa/memory_records.h"

#include <algorithm>

#include "types/error.h"

namespace systoliq::model {
namespace {

bool begins_on_bytes(const Load& load) { return static_cast<LoadTarget>(load.target) == LoadTarget::kActivation; }
std::int64_t up_to_byte(std::int64_t bits) { return (bits + 7) / 8 * 8; }

}  // namespace

std::int64_t row_bytes(const Load& load) {
  const std::int64_t record = std::int64_t{load.record_lanes} * load.element_bits;
  const std::int64_t pitch = begins_on_bytes(load) ? up_to_byte(record) : record;
  return (load.memory_bit + (load.row_records - 1) * pitch + record + 7) / 8;
}

void fill_plain_words(Load* load, const AcceleratorConfig& config) {
  const auto target = static_cast<LoadTarget>(load->target);
  const DatatypeConfig& types = config.datatypes;
  const int own_bits = target == LoadTarget::kActivation ? types.activation_bits
                       : target == LoadTarget::kWeight   ? types.weight_bits
                                                         : kParamBits;
  const int lanes = target == LoadTarget::kActivation ? config.array.rows : config.array.cols;
  if (load->record_words == 0) load->record_words = 1;
  if (load->element_bits == 0) load->element_bits = own_bits;
  if (load->word_lanes == 0) load->word_lanes = lanes;
  if (load->record_lanes == 0) load->record_lanes = load->record_words * load->word_lanes;
}

void fill_plain_words(Store* store, const AcceleratorConfig& config) {
  if (store->record_words == 0) store->record_words = 1;
  if (store->element_bits == 0) store->element_bits = config.datatypes.activation_bits;
  if (store->record_lanes == 0) store->record_lanes = store->record_words * config.array.rows;
}

RecordWalk::RecordWalk(const Load& load) : load_(&load), row_bytes_(row_bytes(load)), bit_(load.memory_bit) {
  begin_record();
}

void RecordWalk::begin_record() {
  word_ = 0;
  left_ = load_->record_lanes;
  lane_ = load_->group_lane;
  group_left_ = load_->group_first_words;
  find_elements();
}

void RecordWalk::find_elements() {
  elements_ = word_ < load_->lead_words ? 0 : static_cast<int>(std::min<std::int64_t>(load_->word_lanes, left_));
}

void RecordWalk::next() {
  bit_ += std::int64_t{elements_} * load_->element_bits;
  left_ -= elements_;
  const bool leads = word_ < load_->lead_words;
  if (++word_ < load_->record_words) {
    if (!leads && --group_left_ == 0) {
      group_left_ = load_->group_words;
      lane_ += load_->word_lanes;
    }
    find_elements();
    return;
  }
  if (begins_on_bytes(*load_)) bit_ = up_to_byte(bit_);
  if (++record_ == load_->row_records) {
    record_ = 0;
    bit_ = ++row_ * row_bytes_ * 8 + load_->memory_bit;
  }
  begin_record();
}

}  // namespace systoliq::model
