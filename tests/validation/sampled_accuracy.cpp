// sampled_accuracy WEIGHTS SAMPLES [CERTIFICATE]: the accuracy on random sequences with its 95 % and 99.9 %
// confidence intervals; with a bracket's certificate, whether the bracket meets the latter (status 1 if not).
#include <fmt/format.h>

#include <cstdlib>

#include "certify/proof/certificate.hpp"
#include "data/base/ratio.hpp"
#include "data/files/read_file.hpp"
#include "data/weights/safetensors.hpp"
#include "tests/support/sampled.hpp"

int main(int argc, char** argv) {
    using namespace maxcert;
    if (argc < 3) {
        fmt::print(stderr, "usage: sampled_accuracy WEIGHTS SAMPLES [CERTIFICATE]\n");
        return 2;
    }
    const auto sampled =
        testing::sample_accuracy(load_safetensors(argv[1]), std::strtoull(argv[2], nullptr, 10), 1);
    const double p = sampled.share(), wide = sampled.half_width(3.2905);
    fmt::print("{} of {} right: {:.7f}, 95 % +- {:.1e}, 99.9 % +- {:.1e}\n", sampled.right, sampled.samples,
               p, sampled.half_width(1.96), wide);
    if (argc == 3) return 0;
    const CertificateRecord c = parse_record(read_file(argv[3], kMaxCertificateBytes), argv[3]);
    const double lower = ratio_rounded_down(c.correct, c.total);
    const double upper = ratio_rounded_down(c.upper.value_or(c.total), c.total);
    const bool meets = lower <= p + wide && upper >= p - wide;
    fmt::print("bracket [{:.7f}, {:.7f}]: {}\n", lower, upper,
               lower <= p && p <= upper ? "holds the sample"
               : meets                  ? "meets the interval"
                                        : "MISSES the interval");
    return meets ? 0 : 1;
}
