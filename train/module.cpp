// The doors of the training module.
#include "train/module.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>
#include <dlfcn.h>
#include <torch/version.h>

#include <cstdlib>

#include "data/base/errors.hpp"
#include "train/autograd.hpp"
#include "train/load_torch.hpp"
#include "train/parameters.hpp"
#include "train/trainer.hpp"

namespace maxcert {
namespace {

/// OpenBLAS says which kernels it chose; other libraries are known by ATen's own description.
std::string blas() {
    using Text = char* (*)();
    const auto config = reinterpret_cast<Text>(::dlsym(RTLD_DEFAULT, "openblas_get_config"));
    const auto core = reinterpret_cast<Text>(::dlsym(RTLD_DEFAULT, "openblas_get_corename"));
    if (config == nullptr || core == nullptr) return at::hasMKL() ? at::get_mkl_version() : "unknown";
    return std::string(config()) + ", running " + core();
}

/// The kernels that ATen chose, from the line `CPU capability usage: ...` of its description.
std::string cpu_capability() {
    const std::string text = at::show_config(), mark = "CPU capability usage: ";
    const auto start = text.find(mark);
    if (start == std::string::npos) return "unknown";
    const auto name = start + mark.size();
    return text.substr(name, text.find('\n', name) - name);
}

Json environment() {
    Json settings = Json::object();
    for (const char* name : {"ATEN_CPU_CAPABILITY", "OPENBLAS_CORETYPE", "OMP_NUM_THREADS",
                             "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "MKL_CBWR"}) {
        const char* value = std::getenv(name);
        settings[name] = value == nullptr ? Json(nullptr) : Json(value);
    }
    return {{"libtorch", TORCH_VERSION},
            {"blas", blas()},
            {"cpu_capability", cpu_capability()},
            {"compiler", __VERSION__},
            {"settings", settings}};
}

std::vector<float> forward(const Weights& weights, const std::vector<std::int64_t>& tokens) {
    const Parameters parameters(weights.shape);
    const std::int64_t k = weights.shape.n_ctx;
    if (tokens.size() % weights.shape.n_ctx != 0) throw Error("forward: tokens are not whole sequences");
    const c10::InferenceMode no_gradients;
    at::set_num_threads(1);
    const auto sequences = at::tensor(tokens, at::kLong).view({1, -1, k});
    const auto logits =
        logits_of(parameters, parameters.from_weights(weights).unsqueeze(0), sequences).contiguous();
    const float* begin = logits.data_ptr<float>();
    return {begin, begin + logits.numel()};
}

}  // namespace
}  // namespace maxcert

extern "C" const maxcert::TrainModule* maxcert_train_room() {
    static const maxcert::TrainModule room{maxcert::train_models, maxcert::environment, maxcert::load_torch,
                                           maxcert::forward};
    return &room;
}
