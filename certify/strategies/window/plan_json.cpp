// The inverse of what the check reads, for those who write certificates.
#include "certify/strategies/window/plan_json.hpp"

namespace maxcert {

Json plan_to_json(const WindowPlan& plan) {
    return {{"outputs", plan.outputs}, {"partitions", plan.partitions}, {"choice", plan.choice}};
}

WindowPlan plan_from_json(const Json& json, std::size_t d_vocab) {
    HintFields hints(json);
    WindowPlan plan = read_plan(hints, d_vocab);
    hints.expect_no_more();
    return plan;
}

}  // namespace maxcert
