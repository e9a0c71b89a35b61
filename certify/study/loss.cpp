// Thirty-two ablations share one pass: their logits are products of a few exponentials, kept in the lanes of
// vectors.
#include "certify/study/loss.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "certify/study/loss_lanes.hpp"
#include "data/base/target_clones.hpp"
#include "data/experiment/sampler.hpp"

namespace maxcert {
namespace {

/// The eight ablations that differ in EU, EVOU and PVOU alone. Lane: 1 if EU is kept, plus 2 for PVOU, plus 4
/// for EVOU.
struct Tally {
    LogProduct softmax;   ///< Σ_x exp(logit[x] - logit[m]), multiplied over the sequences
    LaneBits wrong = {};  ///< how often another logit is as large
};

/// A model as tables; rows are padded to whole vectors.
///
/// With logits = U + E + P by path and everything relative to the answer m, exp(logit[x] - logit[m]) is a
/// product of three exponentials, so two fresh ones per x serve all eight subsets of these paths.
class Network {
  public:
    explicit Network(const DoublePaths& p)
        : tokens_(static_cast<std::size_t>(p.EU.rows())),
          positions_(static_cast<std::size_t>(p.PVOU.rows())),
          stride_((tokens_ + kLanes - 1) / kLanes * kLanes),
          evou_(rows_of(p.EVOU)),
          pvou_(rows_of(p.PVOU)),
          live_(tokens_ * stride_),
          direct_(tokens_ * stride_),
          by_answer_(tokens_ * tokens_) {
        for (std::size_t m = 0; m < tokens_; ++m) {
            for (std::size_t x = 0; x < tokens_; ++x) live_[m * stride_ + x] = x == m ? 0 : 1;
        }
        for (std::size_t q = 0; q < tokens_; ++q) {
            const auto row = p.EU.row(static_cast<Eigen::Index>(q)).array();
            const double top = row.maxCoeff();
            for (std::size_t x = 0; x < tokens_; ++x) {
                direct_[q * stride_ + x] =
                    std::exp(std::max(row(static_cast<Eigen::Index>(x)) - top, -700.0));
            }
            for (std::size_t m = 0; m < tokens_; ++m) by_answer_[q * tokens_ + m] = answer_alone(q, m, row);
        }
        // exp(score - the query's largest): scores differ by up to 100, which doubles hold apart from 0.
        for (const bool token_scores : {true, false}) {
            const DoubleMatrix& scores = token_scores ? p.EQKE : p.EQKP;
            const DoubleMatrix weights =
                (scores.colwise() - scores.rowwise().maxCoeff()).array().exp().matrix();
            auto& to = token_scores ? token_weight_ : position_weight_;
            to.assign(weights.data(), weights.data() + weights.size());
        }
    }

    std::size_t tokens() const { return tokens_; }
    std::size_t positions() const { return positions_; }

    /// The sequences [n, n_ctx], with attention by the scores that `zeroed` leaves.
    void judge(const std::int64_t* sequences, std::size_t n, unsigned zeroed, Tally& tally) const;

  private:
    /// What a query and an answer alone decide, by lane of Tally.
    struct Answer {
        Lanes scale;  ///< what sums of products with direct_ are short of
        Lanes sum;    ///< over x != m, where neither EVOU nor PVOU counts
        LaneBits wrong;
    };

    /// Rows padded. No row ranges over more than 700, so that no exponent of a mean of rows does.
    std::vector<double> rows_of(const DoubleMatrix& m) const {
        std::vector<double> rows(static_cast<std::size_t>(m.rows()) * stride_);
        for (Eigen::Index i = 0; i < m.rows(); ++i) {
            const double top = m.row(i).maxCoeff();
            double* to = rows.data() + static_cast<std::size_t>(i) * stride_;
            std::fill_n(to, stride_, top);
            for (Eigen::Index x = 0; x < m.cols(); ++x) to[x] = std::max(m(i, x), top - 700);
        }
        return rows;
    }

    template <class Row>
    Answer answer_alone(std::size_t q, std::size_t m, const Row& direct) const {
        const double right = direct(static_cast<Eigen::Index>(m)), scale = 1 / direct_[q * stride_ + m];
        double sum = 0;
        bool wrong = false;
        for (std::size_t x = 0; x < tokens_; ++x) {
            if (x == m) continue;
            sum += direct_[q * stride_ + x] * scale;
            wrong = wrong || direct(static_cast<Eigen::Index>(x)) >= right;
        }
        Answer answer;
        answer.scale = Lanes{1, scale, 1, scale, 1, scale, 1, scale};
        answer.sum = Lanes{static_cast<double>(tokens_ - 1), sum};
        answer.wrong = LaneBits{tokens_ > 1 ? -1 : 0, wrong ? -1 : 0};
        return answer;
    }

    std::size_t tokens_, positions_, stride_;
    std::vector<double> evou_, pvou_;                     // [rows, stride]
    std::vector<double> live_;                            // [answer, stride]: 0 at the answer and the padding
    std::vector<double> direct_;                          // [query, stride]: exp(EU - its largest)
    std::vector<Answer> by_answer_;                       // [query, answer]
    std::vector<double> token_weight_, position_weight_;  // [query, token], [query, position]
};

MAXCERT_CLONES("avx512f", "avx2")
void Network::judge(const std::int64_t* sequences, std::size_t n, unsigned zeroed, Tally& result) const {
    Tally tally = result;
    std::vector<double> weight(positions_), token_part(stride_), position_part(stride_);
    const Lanes none = {}, one = none + 1.0;
    const LaneBits no = {};
    std::vector<const double*> row(positions_);
    for (std::size_t s = 0; s < n; ++s, sequences += positions_) {
        const auto q = static_cast<std::size_t>(sequences[positions_ - 1]);
        std::size_t m = 0;
        double total = 0;
        for (std::size_t i = 0; i < positions_; ++i) {
            const auto t = static_cast<std::size_t>(sequences[i]);
            m = std::max(m, t);
            weight[i] = zeroed & kEQKE ? 1 : token_weight_[q * tokens_ + t];
            if (!(zeroed & kEQKP)) weight[i] *= position_weight_[q * positions_ + i];
            total += weight[i];
        }
        for (std::size_t i = 0; i < positions_; ++i) {
            weight[i] /= total;
            row[i] = &evou_[static_cast<std::size_t>(sequences[i]) * stride_];
        }
        for (std::size_t x = 0; x < stride_; x += kLanes) {
            Lanes e = none, p = none;
            for (std::size_t i = 0; i < positions_; ++i) {
                e += weight[i] * load(row[i] + x);
                p += weight[i] * load(&pvou_[i * stride_ + x]);
            }
            store(&token_part[x], e);
            store(&position_part[x], p);
        }
        const Answer& answer = by_answer_[q * tokens_ + m];
        const double token_answer = token_part[m], position_answer = position_part[m];
        const Lanes level = one * direct_[q * stride_ + m];
        Lanes p_sum = none, up_sum = none, e_sum = none, ue_sum = none, ep_sum = none, uep_sum = none;
        LaneBits p_wins = no, up_wins = no, e_wins = no, ue_wins = no, ep_wins = no, uep_wins = no;
        for (std::size_t x = 0; x < stride_; x += kLanes) {
            const Lanes u = load(&direct_[q * stride_ + x]), live = load(&live_[m * stride_ + x]);
            const Lanes e = exp_lanes(load(&token_part[x]) - token_answer) * live;
            const Lanes p = exp_lanes(load(&position_part[x]) - position_answer) * live;
            const Lanes up = u * p, ue = u * e, ep = e * p, uep = ue * p;
            p_sum += p, up_sum += up, e_sum += e, ue_sum += ue, ep_sum += ep, uep_sum += uep;
            p_wins |= p >= one, up_wins |= up >= level, e_wins |= e >= one;
            ue_wins |= ue >= level, ep_wins |= ep >= one, uep_wins |= uep >= level;
        }
        const Lanes sums[] = {none, none, p_sum, up_sum, e_sum, ue_sum, ep_sum, uep_sum};
        const LaneBits wins[] = {no, no, p_wins, up_wins, e_wins, ue_wins, ep_wins, uep_wins};
        tally.softmax.times(one + answer.sum + across(sums, Sum()) * answer.scale);
        tally.wrong -= answer.wrong | across(wins, Any());  // what holds is -1
    }
    result = tally;
}

constexpr std::size_t kBlock = 4000;      // sequences that stay in cache
constexpr std::size_t kFewestBlocks = 8;  // before a standard error is believed

/// The eight ablations of one pattern of attention: sums over blocks of sequences, whose spread gives the
/// standard error. By lane of Tally.
class Pattern {
  public:
    explicit Pattern(unsigned zeroed) : zeroed_(zeroed) {}

    void add(const Network& network, const std::vector<std::int64_t>& tokens) {
        const std::size_t n = tokens.size() / network.positions();
        Tally tally;
        network.judge(tokens.data(), n, zeroed_, tally);
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
            const double log = std::log(tally.softmax.mantissa[lane]) +
                               static_cast<double>(tally.softmax.exponent[lane]) * std::log(2.0);
            sum_[lane] += log;
            squares_[lane] += log * log / static_cast<double>(n);
        }
        wrong_ += tally.wrong;
        sequences_ += n;
        ++blocks_;
    }

    LossAndAccuracy result(std::size_t lane) const {
        const auto n = static_cast<double>(std::max<std::size_t>(sequences_, 1));
        const auto blocks = static_cast<double>(blocks_);
        const double mean = sum_[lane] / n,
                     spread = squares_[lane] / n - mean * mean;  // of the blocks' means
        LossAndAccuracy result{mean, 1 - static_cast<double>(wrong_[lane]) / n, sequences_};
        if (blocks_ > 1) result.loss_error = std::sqrt(std::max(spread, 0.0) / (blocks - 1));
        return result;
    }

    bool known_to(double relative_error) const {
        if (blocks_ < kFewestBlocks) return false;
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
            const LossAndAccuracy found = result(lane);
            if (!(found.loss_error <= relative_error * found.loss)) return false;
        }
        return true;
    }

  private:
    unsigned zeroed_;
    double sum_[kLanes] = {}, squares_[kLanes] = {};
    LaneBits wrong_ = {};
    std::size_t sequences_ = 0, blocks_ = 0;
};

/// All ablations. Sequences are judged block by block, so that they are drawn once for all of them.
class Study {
  public:
    explicit Study(const DoublePaths& paths) : network_(paths) {}

    const Network& network() const { return network_; }

    /// Adds a block to the patterns whose losses are not known to `relative_error` yet, to all without it;
    /// false if there is none.
    bool add(const std::vector<std::int64_t>& tokens, std::optional<double> relative_error = {}) {
        bool added = false;
        for (Pattern& pattern : patterns_) {
            if (relative_error && pattern.known_to(*relative_error)) continue;
            pattern.add(network_, tokens);
            added = true;
        }
        return added;
    }

    AblatedLosses losses() const {
        AblatedLosses losses;
        for (unsigned zeroed = 0; zeroed <= kAllPaths; ++zeroed) {
            const std::size_t pattern = (zeroed & kEQKE ? 1U : 0U) + (zeroed & kEQKP ? 2U : 0U);
            const std::size_t lane =
                (zeroed & kEU ? 0U : 1U) + (zeroed & kPVOU ? 0U : 2U) + (zeroed & kEVOU ? 0U : 4U);
            losses[zeroed] = patterns_[pattern].result(lane);
        }
        return losses;
    }

  private:
    Network network_;
    Pattern patterns_[4] = {Pattern(0), Pattern(kEQKE), Pattern(kEQKP), Pattern(kEQKE | kEQKP)};
};

}  // namespace

AblatedLosses sampled_losses(const DoublePaths& paths, const LossPrecision& precision, std::uint32_t seed) {
    Study study(paths);
    Shape shape;
    shape.n_ctx = static_cast<std::uint32_t>(study.network().positions());
    shape.d_vocab = static_cast<std::uint32_t>(study.network().tokens());
    Sampler sampler(shape, seed);
    for (std::size_t done = 0; done < precision.most; done += kBlock) {
        const auto block = sampler.sequences(std::min(kBlock, precision.most - done));
        if (!study.add(block, precision.relative_error)) break;
    }
    return study.losses();
}

AblatedLosses exhaustive_losses(const DoublePaths& paths) {
    Study study(paths);
    const std::size_t positions = study.network().positions();
    std::vector<std::int64_t> block, sequence(positions);
    for (bool more = true; more;) {
        block.insert(block.end(), sequence.begin(), sequence.end());
        std::size_t i = positions;
        while (i > 0 && ++sequence[i - 1] == static_cast<std::int64_t>(study.network().tokens())) {
            sequence[--i] = 0;
        }
        more = i > 0;
        if (!more || block.size() == kBlock * positions) {
            study.add(block);
            block.clear();
        }
    }
    AblatedLosses losses = study.losses();
    for (LossAndAccuracy& loss : losses) loss.loss_error = 0;
    return losses;
}

}  // namespace maxcert
