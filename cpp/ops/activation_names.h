// Activations by name.
#pragma once

#include <string>

#include "kernels/activation/activation.h"

namespace fourfold {

Activation activation_named(const std::string& name);   // any of kActivationNames
Activation elementwise_named(const std::string& name);  // what a linear layer can apply

}  // namespace fourfold
