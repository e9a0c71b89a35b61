// By how much a wrong token wins: enclosures of differences of logits, in double intervals.
#pragma once

#include <cstdint>
#include <vector>

#include "certify/arithmetic/interval.hpp"
#include "certify/model/paths.hpp"

namespace maxcert {

/// The output that wins over the largest token, and an enclosure of its logit less the largest token's.
struct Lead {
    std::uint32_t winner =
        0;  ///< of outputs whose enclosures overlap at the top, the one that reaches highest
    double lower = 0, upper = 0;  ///< enclose max over x != m of logit[x] - logit[m]
};

/// Leads in sequences with one query.
class QueryLeads {
  public:
    QueryLeads(const RoundUpward&, const Paths<Interval>& paths, std::uint32_t query);

    /// Requires: `tokens` [n_ctx] with `query` last; `m` is the largest of them; d_vocab >= 2.
    Lead of(const std::vector<std::uint32_t>& tokens, std::uint32_t m) const;

  private:
    const Paths<Interval>& paths_;
    std::uint32_t query_;
};

}  // namespace maxcert
