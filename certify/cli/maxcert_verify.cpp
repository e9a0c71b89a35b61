// maxcert-verify: rechecks certificates and holds nothing else, no search, no training, no LibTorch, no
// Eigen; so whoever wants to know what an accepted certificate rests on reads what this program is linked
// from (scripts/trusted lists it).
#include "certify/cli/verify.hpp"
#include "data/base/errors.hpp"
#include "data/cli/program.hpp"

namespace {

maxcert::Weights no_torch(const std::string& path) {
    throw maxcert::InputError(path, "", "is no safetensors file",
                              "maxcert verify also reads what torch.save wrote");
}

}  // namespace

int main(int argc, char** argv) {
    using namespace maxcert;
    return run_program("maxcert-verify", [&] {
        return verify_command({argv + 1, argv + argc}, no_torch, "maxcert-verify");
    });
}
