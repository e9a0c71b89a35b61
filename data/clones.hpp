// Copies of a function for wider vectors, chosen when the program starts: MAXCERT_CLONES("avx2") before it.
// Lanes and the order of operations are the author's business; the copies differ in speed alone.
#pragma once

// clang makes none that call functions on vectors, and under sanitizers the choice runs too early.
#if defined(__x86_64__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define MAXCERT_CLONES(...) __attribute__((target_clones(__VA_ARGS__, "default")))
#else
#define MAXCERT_CLONES(...)
#endif
