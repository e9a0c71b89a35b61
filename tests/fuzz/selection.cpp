// What users type: the first byte chooses the option, the rest is its value.
#include "certify/model/margin.hpp"
#include "certify/model/model.hpp"
#include "certify/proof/claimed_weights.hpp"
#include "certify/proof/prover.hpp"
#include "data/experiment/seeds.hpp"
#include "tests/fuzz/fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace maxcert;
    if (size == 0) return 0;
    const std::string value = text_of(data + 1, size - 1);
    may_refuse<UsageError>([&] {
        switch (data[0]) {
            case 's':
                select_seeds(value, {123, 50, 104, 7, 18446744073709551615u});
                break;
            case 'S':
                if (select_strategies(value).empty()) result("a list that selects nothing is accepted");
                break;
            case 'm': {
                const Interval margin = Margin(value).enclose<Interval>();
                if (!(lower_double(margin) >= 0)) result("a negative margin is accepted");
                break;
            }
            case 'r':
                parse_weight_radius(value);
                break;
            default:
                break;
        }
    });
    return 0;
}
