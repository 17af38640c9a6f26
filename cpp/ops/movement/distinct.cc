#include "ops/movement/distinct.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <type_traits>

namespace fourfold {
namespace {

using Key = std::uint64_t;
constexpr Key kNanKey = std::numeric_limits<Key>::max();

// A key for each value, in the order of the values. Of floats from their bits: negative ones are
// mirrored. Above the exponent's highest value with a fraction of 0, infinity, all are NaN.
Key float_key(Key bits, Key infinity, int width) {
  const Key sign = Key{1} << (width - 1), magnitude = bits & (sign - 1);
  if (magnitude > infinity) return kNanKey;
  return (bits & sign) != 0 ? sign - magnitude : sign + magnitude;
}

template <class T>
Key key_of(T value) {
  if constexpr (std::is_same_v<T, float>) {
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    return float_key(bits, 0x7F800000, 32);
  } else if constexpr (std::is_same_v<T, double>) {
    Key bits;
    std::memcpy(&bits, &value, sizeof(bits));
    return float_key(bits, 0x7FF0000000000000, 64);
  } else if constexpr (std::is_same_v<T, Float16>) {
    return float_key(value.bits, 0x7C00, 16);
  } else if constexpr (std::is_same_v<T, BFloat16>) {
    return float_key(value.bits, 0x7F80, 16);
  } else if constexpr (std::is_signed_v<T>) {
    return static_cast<Key>(static_cast<std::int64_t>(value)) ^ (Key{1} << 63);
  } else {
    return value;
  }
}

// Keys of all elements, slice by slice: [slices, elements of a slice].
std::vector<Key> keys_by_slice(const Tensor& x, std::size_t axis) {
  const std::size_t count = element_count(x.shape()), slices = x.size(axis);
  std::size_t inner = 1;
  for (std::size_t k = axis + 1; k < x.rank(); ++k)
    inner *= x.size(k);
  std::vector<Key> keys(count);
  visit_dtype(x.type.dtype, [&](auto tag) {
    using T = typename decltype(tag)::Type;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t slice = i / inner % slices, outer = i / inner / slices;
      keys[slice * (count / slices) + outer * inner + i % inner] = key_of(x.values<T>()[i]);
    }
  });
  return keys;
}

// The slices of one kind lie together in `order`, those that come earlier before the others.
Distinct grouped(const std::vector<std::int64_t>& order, const std::vector<Key>& keys,
                 std::size_t length) {
  Distinct distinct;
  distinct.inverse.resize(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Key* slice = keys.data() + static_cast<std::size_t>(order[i]) * length;
    const Key* before =
        i == 0 ? slice : keys.data() + static_cast<std::size_t>(order[i - 1]) * length;
    if (i == 0 || !std::equal(slice, slice + length, before)) {
      distinct.first.push_back(order[i]);
      distinct.counts.push_back(0);
    }
    ++distinct.counts.back();
    distinct.inverse[static_cast<std::size_t>(order[i])] =
        static_cast<std::int64_t>(distinct.first.size() - 1);
  }
  return distinct;
}

Distinct in_order_of_coming(const Distinct& sorted) {
  std::vector<std::size_t> order(sorted.first.size()), rank(order.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return sorted.first[a] < sorted.first[b]; });
  Distinct distinct;
  for (std::size_t i = 0; i < order.size(); ++i) {
    rank[order[i]] = i;
    distinct.first.push_back(sorted.first[order[i]]);
    distinct.counts.push_back(sorted.counts[order[i]]);
  }
  for (const std::int64_t which : sorted.inverse)
    distinct.inverse.push_back(static_cast<std::int64_t>(rank[static_cast<std::size_t>(which)]));
  return distinct;
}

}  // namespace

Distinct find_distinct(const Tensor& x, std::size_t axis, bool sorted) {
  const std::size_t slices = x.size(axis);
  if (slices == 0) return {};
  const std::vector<Key> keys = keys_by_slice(x, axis);
  const std::size_t length = keys.size() / slices;
  std::vector<std::int64_t> order(slices);
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    const Key* first = keys.data() + static_cast<std::size_t>(a) * length;
    const Key* second = keys.data() + static_cast<std::size_t>(b) * length;
    return std::lexicographical_compare(first, first + length, second, second + length);
  });
  Distinct distinct = grouped(order, keys, length);
  return sorted ? distinct : in_order_of_coming(distinct);
}

}  // namespace fourfold
