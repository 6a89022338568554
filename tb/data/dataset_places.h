// SPDX-License-Identifier: Apache-2.0
// Where MNIST, Fashion-MNIST and CIFAR lie below a folder: on their own, or as torchvision and Keras store them.
#pragma once

#include <cstdint>
#include <string>

#include "tb/data/dataset.h"

namespace systoliq::tb {

/// MNIST or, with `fashion`, Fashion-MNIST: IDX files, plain or gzip, in `place`, place/raw, torchvision's
/// place/MNIST/raw (FashionMNIST/raw) or Keras's place/fashion-mnist; or Keras's archive mnist.npz, in `place` or
/// itself.
Dataset open_mnist(const std::string& place, bool fashion, bool train, std::int64_t limit);

/// CIFAR-10 or, with `hundred`, CIFAR-100 with its fine labels: batches, binary or pickled, in `place` or in the folder
/// that the archives unpack to, which torchvision and Keras keep; or one batch file, which then is both splits.
Dataset open_cifar(const std::string& place, bool hundred, bool train, std::int64_t limit);

}  // namespace systoliq::tb
