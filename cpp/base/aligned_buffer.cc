#include "base/aligned_buffer.h"

#include <new>

namespace fourfold {

AlignedBuffer::AlignedBuffer(std::size_t bytes)
    : memory_(static_cast<std::byte*>(::operator new(bytes, std::align_val_t{kAlignment}))),
      bytes_(bytes) {}

void AlignedBuffer::Free::operator()(std::byte* memory) const {
  ::operator delete(memory, std::align_val_t{kAlignment});
}

}  // namespace fourfold
