// A model without some paths is a model whose path tables are zero there, so brute force counts it exactly.
#include "certify/study/ablation.hpp"

#include "certify/model/paths.hpp"
#include "certify/strategies/terms/tied_tokens.hpp"
#include "certify/study/coarse_walk.hpp"

namespace maxcert {

WalkCounts count_ablated(Model& model, unsigned zeroed, unsigned threads) {
    Paths<Interval> paths = paths_of<Interval>(model);
    const auto keep = [zeroed](unsigned path, Matrix<Interval>& m) {
        if (zeroed & path) m = Matrix<Interval>(m.rows(), m.columns());
    };
    keep(kEU, paths.EU);
    keep(kEQKE, paths.EQKE);
    keep(kEQKP, paths.EQKP);
    keep(kEVOU, paths.EVOU);
    keep(kPVOU, paths.PVOU);
    WalkRequest request;
    request.margins = {Interval()};
    request.tied = tied_tokens(model);  // equal columns of W_U tie on every path
    request.threads = threads;
    const bool exchangeable = (zeroed & kEQKE) != 0 && (zeroed & kEQKP) != 0;  // attention is uniform
    request.other_walk = [&] {
        return std::make_unique<CoarseWalk>(paths.EVOU.rows(), paths.PVOU.rows(), exchangeable,
                                            request.deadline);
    };
    return walk_sequences(paths, request).counts.front();
}

}  // namespace maxcert
