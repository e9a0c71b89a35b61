// Tables about one model in one number type, each made once and shared by all strategies that need it,
// together with what making it cost.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "certify/arithmetic/rounding.hpp"
#include "certify/model/model.hpp"

namespace maxcert {

/// A table and the operations that making it took, without those of the tables it was made from.
template <class T>
struct Made {
    T value;
    std::uint64_t work = 0;
};

/// What one check takes from the model's shared tables. Its work counts a table once, whether or not
/// another strategy had it made before: so the figures do not depend on the order of strategies.
template <class N>
class TableCache {
  public:
    TableCache(const RoundingFor<N>&, Model& model) : model_(model), prefix_(N::key() + "/") {}

    Model& model() const { return model_; }
    const Shape& shape() const { return model_.shape(); }

    /// The table called `key` (which names all that it depends on besides the weights), made by `make()`.
    /// Fetch the tables that `make` needs before, not inside of it.
    template <class T, class Make>
    const T& table(const std::string& key, Make&& make) {
        const auto& made = model_.template shared<Made<T>>(prefix_ + key, [&] {
            const std::uint64_t before = N::operations();
            T value = make();
            const std::uint64_t work = N::operations() - before;
            made_here_ += work;
            return Made<T>{std::move(value), work};
        });
        if (used_.insert(key).second) used_work_ += made.work;
        return made.value;
    }

    /// Operations since this table cache exists and in all the tables it used (for MpfrInterval, Counting).
    std::uint64_t work() const { return N::operations() - start_ - made_here_ + used_work_; }

  private:
    Model& model_;
    std::string prefix_;
    std::set<std::string> used_;
    std::uint64_t start_ = N::operations();
    std::uint64_t made_here_ = 0;  ///< part of what this thread did that is in used_work_ as well
    std::uint64_t used_work_ = 0;
};

}  // namespace maxcert
