// One place that turns exceptions and signals into exit codes, so that maxcert and maxcert-verify agree on
// them.
#include "data/cli/program.hpp"

#include <fmt/format.h>

#include <exception>

#include "data/base/cancellation.hpp"
#include "data/base/errors.hpp"

namespace maxcert {

int run_program(const char* program, const std::function<int()>& command) {
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
