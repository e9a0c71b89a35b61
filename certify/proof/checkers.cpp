// The one list of checkers: what maxcert-verify knows. Each family adds its own.
#include <algorithm>

#include "certify/proof/checker.hpp"
#include "certify/strategies/bracket/check.hpp"
#include "certify/strategies/brute_force/check.hpp"
#include "certify/strategies/cubic/check.hpp"
#include "certify/strategies/subcubic/check.hpp"
#include "certify/strategies/window/check.hpp"

namespace maxcert {

const CheckerList& all_checkers() {
    static const CheckerList list = [] {
        CheckerList made;
        add_brute_force_checker(made);
        add_cubic_checker(made);
        add_subcubic_checkers(made);
        add_window_checkers(made);
        add_bracket_checkers(made);
        return made;
    }();
    return list;
}

const Checker* checker_named(const std::string& name) {
    const CheckerList& all = all_checkers();
    const auto found =
        std::find_if(all.begin(), all.end(), [&name](const auto& c) { return c->info().name == name; });
    return found == all.end() ? nullptr : found->get();
}

}  // namespace maxcert
