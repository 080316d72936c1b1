package io.redisha.decide;

import io.redisha.model.Timings;

/**
 * What the user decided.
 *
 * @param replicas   pods the release is meant to have
 * @param persistent data is meant to survive the loss of every process
 * @param strict     rule C5: promote only if no write that one replica acknowledged can be missing
 * @param byPriority candidates compare replica-priority before the offset, as Sentinel does; can lose writes
 * @param maxLoss    rule M8: ns of writes that no replica has acknowledged, beyond which the leader refuses more; 0 for no limit
 */
public record Policy(Timings timings, int replicas, boolean persistent, boolean strict, boolean byPriority, long maxLoss) {}
