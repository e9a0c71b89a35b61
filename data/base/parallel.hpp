// Runs independent pieces of work side by side.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "data/base/cancellation.hpp"

namespace maxcert {

/// Calls work(i) once for each i in 0..n-1 on up to `threads` threads (the caller is one of them) and
/// rethrows the first exception. The caller's TimeLimit holds for all of them. The order is free: results
/// must not depend on it.
template <class Work>
void parallel_for(std::size_t n, unsigned threads, Work&& work) {
    std::atomic<std::size_t> next{0};
    std::exception_ptr failure;
    std::mutex failure_mutex;
    const auto loop = [&] {
        for (std::size_t i = next++; i < n; i = next++) {
            try {
                work(i);
            } catch (...) {
                const std::lock_guard<std::mutex> lock(failure_mutex);
                if (!failure) failure = std::current_exception();
                next = n;
            }
        }
    };
    const std::size_t helpers = std::min<std::size_t>(threads, n);
    std::vector<std::thread> pool;
    const auto help = [&loop, limit = TimeLimit::current()] {
        std::optional<TimeLimit> same;
        if (limit != nullptr) same.emplace(*limit);
        loop();
    };
    for (std::size_t t = 1; t < helpers; ++t) pool.emplace_back(help);
    loop();
    for (auto& thread : pool) thread.join();
    if (failure) std::rethrow_exception(failure);
}

}  // namespace maxcert
