// The named settings of one step, read with their kinds and ranges checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <variant>

namespace fourfold {

class Attributes {
 public:
  using Value = std::variant<std::int64_t, double, std::string>;

  Attributes() = default;
  explicit Attributes(std::map<std::string, Value> values) : values_(std::move(values)) {}

  // Refuses any attribute that is not in the list: a setting that nobody reads is a mistake.
  void allow_only(std::initializer_list<const char*> names) const;

  // KindError for another kind; std::invalid_argument if the attribute is absent or out of range.
  std::size_t size(const char* name, std::size_t limit) const;  // 1 to limit
  float number(const char* name) const;  // an integer will do; rounded to float32
  const std::string& text(const char* name) const;

  float number_or(const char* name, float otherwise) const;
  std::string text_or(const char* name, const char* otherwise) const;

 private:
  const Value& value(const char* name) const;
  bool has(const char* name) const { return values_.count(name) != 0; }

  std::map<std::string, Value> values_;
};

}  // namespace fourfold
