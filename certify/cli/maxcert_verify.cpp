// maxcert-verify: rechecks certificates and holds nothing else, no search, no training, no LibTorch, no
// Eigen; so whoever wants to know what an accepted certificate rests on reads what this program is linked
// from (scripts/trusted lists it).
#include <fmt/format.h>

#include <exception>

#include "certify/cli/verify.hpp"
#include "data/base/cancellation.hpp"
#include "data/base/errors.hpp"

namespace {

maxcert::Weights no_torch(const std::string& path) {
    throw maxcert::InputError(path, "", "is no safetensors file",
                              "maxcert verify also reads what torch.save wrote");
}

}  // namespace

int main(int argc, char** argv) {
    using namespace maxcert;
    install_stop_handlers();
    try {
        return verify_command({argv + 1, argv + argc}, no_torch, "maxcert-verify");
    } catch (const Error& e) {
        fmt::print(stderr, "maxcert-verify: {}\n", e.what());
        return stop_exit_code() != 0 ? stop_exit_code() : static_cast<int>(e.code());
    } catch (const std::exception& e) {
        fmt::print(stderr, "maxcert-verify: {}\n", e.what());
        return static_cast<int>(ExitCode::failed);
    }
}
