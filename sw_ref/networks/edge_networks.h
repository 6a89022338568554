// SPDX-License-Identifier: Apache-2.0
// Built-in networks for small devices: those of MLPerf Tiny with convolutions, and MobileNetV2.
#pragma once

#include "sw_ref/networks/layers.h"

namespace systoliq::sw_ref {

NetworkDescription resnet8();
NetworkDescription ds_cnn();
NetworkDescription mobilenet_v1_025();
NetworkDescription mobilenet_v2();

}  // namespace systoliq::sw_ref
