// An open file of the operating system.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <string>

namespace maxcert {

/// Closes itself; negative where the file could not be opened (errno says why).
class Descriptor {
  public:
    Descriptor(const std::string& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC)) {}
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int operator*() const { return number_; }

  private:
    int number_;
};

}  // namespace maxcert
