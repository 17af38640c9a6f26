// How the library refuses: exceptions with a sentence that says what was wrong, received and right.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace fourfold {

// The wrong kind of thing, where std::invalid_argument is a wrong value: TypeError and ValueError
// in Python.
class KindError : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

// The parts, each as an ostream prints it, one after the other.
template <class... Parts>
std::string join_text(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return text.str();
}

template <class... Parts>
[[noreturn]] void refuse_value(const Parts&... parts) {
  throw std::invalid_argument(join_text(parts...));
}

template <class... Parts>
[[noreturn]] void refuse_kind(const Parts&... parts) {
  throw KindError(join_text(parts...));
}

}  // namespace fourfold
