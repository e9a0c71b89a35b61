// What the fuzz targets share. Each reads hostile bytes as the program would: it may refuse them with one of
// the program's errors (data/errors.hpp); any other exception, crash, hang or flood of memory is a result.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "data/base/errors.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace maxcert {

inline std::string text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// Ends the process, which is how a target reports what must not be.
[[noreturn]] inline void result(const std::string& what) {
    std::fprintf(stderr, "result: %s\n", what.c_str());
    std::abort();
}

/// Runs `read`; errors of the class that hostile input is allowed to cause are fine.
template <class Allowed, class Read>
void may_refuse(Read&& read) {
    try {
        read();
    } catch (const Allowed&) {
    }
}

}  // namespace maxcert
