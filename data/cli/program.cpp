// One place that turns exceptions and signals into exit codes, so that maxcert and maxcert-verify agree on
// them.
#include "data/cli/program.hpp"

#include <fmt/format.h>
#include <malloc.h>

#include <exception>

#include "data/base/cancellation.hpp"
#include "data/base/errors.hpp"
#include "data/base/signals.hpp"

namespace maxcert {
namespace {

/// Freed memory stays with the process. Proofs make and drop tables of megabytes over and over; fresh pages
/// from the kernel cost more than filling them.
void keep_freed_memory() {
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

}  // namespace

int run_program(const char* program, const std::function<int()>& command) {
    keep_freed_memory();
    install_stop_handlers();
    try {
        return command();
    } catch (const Error& e) {
        fmt::print(stderr, "{}: {}\n", program, e.what());
        return stop_exit_code() != 0 ? stop_exit_code() : static_cast<int>(e.code());
    } catch (const std::exception& e) {
        fmt::print(stderr, "{}: {}\n", program, e.what());
        return static_cast<int>(ExitCode::failed);
    }
}

}  // namespace maxcert
