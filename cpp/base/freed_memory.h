// Memory that was freed, and that the C library keeps for later.
#pragma once

namespace fourfold {

// Lets the C library give it back to the system, where it can: glibc keeps what lies below its
// mmap threshold, which grows to 32 MiB as larger blocks are freed, so a model's weights stay
// resident after they are gone. Takes a millisecond for 100 MB; does nothing elsewhere.
void give_back_freed_memory();

}  // namespace fourfold
