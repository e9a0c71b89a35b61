// Functions compiled for several instruction sets. MAXCERT_CLONES("avx2") before one makes copies of it,
// chosen from when the program starts; lanes and the order of operations are the author's business, so that
// they differ in speed alone. MAXCERT_INLINE goes before what they call, which is then compiled as they are.
#pragma once

#define MAXCERT_INLINE inline __attribute__((always_inline))

// clang makes none that call functions on vectors, and under sanitizers the choice runs too early.
#if defined(__x86_64__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define MAXCERT_CLONES(...) __attribute__((target_clones(__VA_ARGS__, "default")))
#else
#define MAXCERT_CLONES(...)
#endif
