// Weights saved by Python's torch.save.
#pragma once

#include "train/module.hpp"

namespace maxcert {

/// The LoadTorchFunction of the room (train/train.hpp).
LoadTorchFunction load_torch;

}  // namespace maxcert
