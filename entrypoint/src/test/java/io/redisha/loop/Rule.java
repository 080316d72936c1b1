package io.redisha.loop;

/** Rules of CONTRIBUTING.md, by the names that they have there: those that fire where real {@link Member}s are simulated, or what there is with sentinels. */
public enum Rule {
    B1, B2, B3, B4, B5, B6,
    L1, L2, L3, L5, L7, L8, L9, L10,
    V1, V2, V3, V4, V5, V6, V7, V8, V9,
    M1, M2, M3, M4, M5, M7, M8,
    C1, C2, C3, C4, C5, C6, C7,
    H1, H2, H3, H4, H7,
    P2,
    D1,
    S1, S2, S5,
    W4
}
