// The named settings of one step, read with their kinds and ranges checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace fourfold {

class Attributes {
 public:
  using Integers = std::vector<std::int64_t>;
  using Reals = std::vector<double>;
  using Value = std::variant<std::int64_t, double, std::string, Integers, Reals>;

  Attributes() = default;
  explicit Attributes(std::map<std::string, Value> values) : values_(std::move(values)) {}

  // Refuses any attribute that is not in the list: a setting that nobody reads is a mistake.
  void allow_only(std::initializer_list<const char*> names) const;

  bool has(const char* name) const { return values_.count(name) != 0; }

  // KindError for another kind; std::invalid_argument if the attribute is absent or out of range.
  std::size_t size(const char* name, std::size_t limit) const;  // 1 to limit
  std::int64_t integer(const char* name, std::int64_t low, std::int64_t high) const;
  bool flag(const char* name) const;     // 0 or 1
  float number(const char* name) const;  // an integer will do; rounded to float32
  const std::string& text(const char* name) const;
  Integers integers(const char* name) const;
  Reals numbers(const char* name) const;  // integers will do

  // The same, or `otherwise` where the attribute is absent.
  std::int64_t integer_or(const char* name, std::int64_t otherwise, std::int64_t low,
                          std::int64_t high) const {
    return has(name) ? integer(name, low, high) : otherwise;
  }
  bool flag_or(const char* name, bool otherwise) const {
    return has(name) ? flag(name) : otherwise;
  }
  float number_or(const char* name, float otherwise) const {
    return has(name) ? number(name) : otherwise;
  }
  std::string text_or(const char* name, const char* otherwise) const {
    return has(name) ? text(name) : otherwise;
  }
  Integers integers_or(const char* name, Integers otherwise) const {
    return has(name) ? integers(name) : std::move(otherwise);
  }

 private:
  const Value& value(const char* name) const;

  std::map<std::string, Value> values_;
};

}  // namespace fourfold
