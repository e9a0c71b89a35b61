// Trains groups of seeds side by side.
#pragma once

#include "train/module.hpp"

namespace maxcert {

/// The TrainFunction of the room (train/train.hpp).
TrainFunction train_models;

}  // namespace maxcert
