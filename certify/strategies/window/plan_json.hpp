// A plan as all the hints that a certificate has: written by the search, read back by what is no check.
#pragma once

#include "certify/strategies/window/plan.hpp"

namespace maxcert {

Json plan_to_json(const WindowPlan& plan);

/// Throws CertificateRejected for anything out of range.
WindowPlan plan_from_json(const Json& json, std::size_t d_vocab);

}  // namespace maxcert
