// The walk over all sequences in double intervals (SOUNDNESS T1): every sequence is proved right, proved
// wrong, or handed on.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "certify/arithmetic/interval.hpp"
#include "certify/model/paths.hpp"
#include "certify/strategies/terms/decision.hpp"
#include "certify/strategies/terms/kernels.hpp"
#include "data/base/cancellation.hpp"

namespace maxcert {

/// Numbers of sequences. Those of a walk that ended early appear nowhere.
struct WalkCounts {
    std::uint64_t right = 0, wrong = 0, open = 0;
    std::uint64_t escalated = 0;       ///< sequences that double intervals left to the decider
    std::uint64_t active_triples = 0;  ///< (query, max, output) that no bound over whole rows settled
    std::uint64_t sweeps = 0;          ///< (prefix, active output) pairs: each sweeps all next tokens
    WalkCounts& operator+=(const WalkCounts& o) {
        right += o.right, wrong += o.wrong, open += o.open, escalated += o.escalated;
        active_triples += o.active_triples, sweeps += o.sweeps;
        return *this;
    }
};

class QueryTables;

/// Another way to walk the sequences of one query and one largest token.
class GroupWalk {
  public:
    virtual ~GroupWalk() = default;
    /// Is this group one for it? The tables, with their margin, outlive the walk that follows.
    virtual bool takes(const QueryTables&, std::size_t m, const std::vector<std::uint32_t>& outputs) = 0;
    /// Does with the group that takes() said yes to what Subtree would.
    virtual bool walk(WalkCounts& counts) = 0;
};

struct WalkRequest {
    std::vector<Interval> margins;  ///< one count for each; all >= 0
    /// [d_vocab] or empty: tokens known to have an equal column of W_U, so that where they are the largest
    /// nothing is right.
    std::vector<bool> tied;
    /// Settles open sequences (called from any thread); none: they are counted as open.
    std::function<Decision(const OpenSequence&)> decider;
    std::function<void(double)> on_progress;
    unsigned threads = 1;
    Deadline deadline;
    /// For a query: asked before Subtree walks a group. Called from any thread.
    std::function<std::unique_ptr<GroupWalk>()> other_walk;
    const Kernels* kernels = nullptr;  ///< nullptr: the fastest that this processor runs
};

struct WalkResult {
    std::vector<WalkCounts> counts;  ///< by margin
    bool complete = true;            ///< false: the deadline passed or a stop was requested
};

/// Sequences are grouped by query q and largest token m. With g_x(t,i) as in T0, a bound over all tokens at
/// once settles most (q, m, x); for the others the walk fixes one position after the other and goes on only
/// with the outputs that some completion can still make win. Each step is a comparison of outward-rounded
/// sums. The result does not depend on threads or kernels. d_vocab^n_ctx must fit in 63 bits.
WalkResult walk_sequences(const Paths<Interval>& paths, const WalkRequest& request);

}  // namespace maxcert
