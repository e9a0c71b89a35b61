#include "certify/study/loss.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "data/sampler.hpp"

namespace maxcert {
namespace {

using Row = Eigen::Array<double, 1, Eigen::Dynamic>;
using Table = Eigen::Array<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

class Network {
  public:
    explicit Network(const DoublePaths& p) : tokens_(p.EU.rows()), positions_(p.PVOU.rows()), direct_(p.EU) {
        for (Eigen::Index i = 0; i < positions_; ++i) {
            values_.emplace_back((p.EVOU.rowwise() + p.PVOU.row(i)).array());
        }
        // exp(score - largest score of the query): scores differ by up to 100, which doubles hold apart from
        // 0.
        for (Eigen::Index q = 0; q < tokens_; ++q) {
            const double top = p.EQKE.row(q).maxCoeff() + p.EQKP.row(q).maxCoeff();
            for (Eigen::Index i = 0; i < positions_; ++i) {
                weights_.emplace_back((p.EQKE.row(q).array() + (p.EQKP(q, i) - top)).exp());
            }
        }
    }

    Eigen::Index tokens() const { return tokens_; }
    Eigen::Index positions() const { return positions_; }
    double weight(Eigen::Index q, Eigen::Index i, Eigen::Index t) const {
        return weights_[static_cast<std::size_t>(q * positions_ + i)](t);
    }
    auto value(Eigen::Index i, Eigen::Index t) const { return values_[static_cast<std::size_t>(i)].row(t); }

    // Takes the weighted sum of values and the sum of weights at the last position.
    void judge(const Row& mixed, double total, Eigen::Index query, Eigen::Index answer,
               LossAndAccuracy& sum) {
        logits_ = mixed / total + direct_.row(query);
        const double right = logits_(answer);
        const double top = logits_.maxCoeff();
        sum.accuracy += (logits_ >= right).count() == 1 ? 1 : 0;
        // Floats are precise enough for the terms of one softmax, and their exp is four times faster.
        sum.loss += top - right + std::log((logits_ - top).cast<float>().exp().sum());
        ++sum.sequences;
    }

  private:
    Eigen::Index tokens_, positions_;
    Table direct_;
    std::vector<Table> values_;  // by position: [d_vocab, d_vocab]
    std::vector<Row> weights_;   // by query and position: [d_vocab]
    Row logits_;
};

LossAndAccuracy mean(LossAndAccuracy sum) {
    const auto n = static_cast<double>(std::max<std::size_t>(sum.sequences, 1));
    return {sum.loss / n, sum.accuracy / n, sum.sequences};
}

// Every choice of tokens from `position` on, with what the positions before add up to.
void every_sequence(Network& net, Eigen::Index query, Eigen::Index position, const Row& mixed, double total,
                    Eigen::Index largest, LossAndAccuracy& sum) {
    if (position == net.positions() - 1) return net.judge(mixed, total, query, largest, sum);
    Row next;
    for (Eigen::Index t = 0; t < net.tokens(); ++t) {
        const double weight = net.weight(query, position, t);
        next = mixed + weight * net.value(position, t);
        every_sequence(net, query, position + 1, next, total + weight, std::max(largest, t), sum);
    }
}

}  // namespace

LossAndAccuracy sampled_loss(const DoublePaths& paths, std::size_t samples, std::uint32_t seed) {
    Network net(paths);
    Shape shape;
    shape.n_ctx = static_cast<std::uint32_t>(net.positions());
    shape.d_vocab = static_cast<std::uint32_t>(net.tokens());
    Sampler sampler(shape, seed);
    LossAndAccuracy sum;
    constexpr std::size_t kChunk = 10000;
    Row mixed(net.tokens());
    while (sum.sequences < samples) {
        const auto tokens = sampler.sequences(std::min(kChunk, samples - sum.sequences));
        for (std::size_t start = 0; start < tokens.size(); start += shape.n_ctx) {
            const auto first = tokens.begin() + static_cast<std::ptrdiff_t>(start);
            const std::int64_t query = first[shape.n_ctx - 1];
            double total = 0;
            mixed.setZero();
            for (Eigen::Index i = 0; i < net.positions(); ++i) {
                const double weight = net.weight(query, i, first[i]);
                mixed += weight * net.value(i, first[i]);
                total += weight;
            }
            net.judge(mixed, total, query, *std::max_element(first, first + shape.n_ctx), sum);
        }
    }
    return mean(sum);
}

LossAndAccuracy exhaustive_loss(const DoublePaths& paths) {
    Network net(paths);
    LossAndAccuracy sum;
    for (Eigen::Index q = 0; q < net.tokens(); ++q) {
        const double weight = net.weight(q, net.positions() - 1, q);
        const Row own = weight * net.value(net.positions() - 1, q);
        every_sequence(net, q, 0, own, weight, q, sum);
    }
    return mean(sum);
}

}  // namespace maxcert
