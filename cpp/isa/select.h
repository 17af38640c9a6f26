// The active ISA: the best one the machine supports, unless lowered by FOURFOLD_ISA or use_isa.
//
// FOURFOLD_ISA is a cap: it hides the ISAs above it (in the order of isas.inc) from everything
// below; one that this machine lacks hides those above it just so. It is read at first use, never at
// load; as long as it names no ISA at all, each of these functions throws std::invalid_argument,
// which lists the good names.
#pragma once

#include <string>
#include <vector>

#include "isa/isa.h"

namespace fourfold {

// ISAs that use_isa takes: built, supported by this machine, not above the cap. Worst first, and
// the first is scalar.
const std::vector<Isa>& supported_isas();

// The ISA that computations planned from now on will use.
Isa active_isa();

// Selects an ISA for the whole process. Throws std::invalid_argument, and changes nothing, if
// `name` is not the name of a supported ISA.
void use_isa(const std::string& name);

}  // namespace fourfold
