package io.redisha.decide;

import io.redisha.model.LeaseRecord;
import io.redisha.model.Reason;

/**
 * A term that this member leads, from the successful take of the Lease until it is given up.
 *
 * @param record     what the Lease says, as last confirmed
 * @param version    condition of the next write
 * @param reason     why it leads
 * @param since      when the take was confirmed
 * @param attempted  when the last write was sent
 * @param turned     when a write was last sent that changed {@code empty}
 * @param phase      of the server
 * @param runId      of the server that was promoted, null before
 * @param validUntil rule V3
 * @param highest    highest term that a member's answer carried
 */
public record Tenure(LeaseRecord record, String version, Reason reason, long since, long attempted, long turned, Phase phase, String runId, long validUntil,
        long highest) {

    /** CLOSED: read-only. OPENING: the promotion is under way. OPEN: accepts writes. CLOSING: a fence is under way, which is final. */
    public enum Phase { CLOSED, OPENING, OPEN, CLOSING }

    public long term() {
        return record.term();
    }

    public boolean valid(long now) {
        return now < validUntil;
    }

    public Tenure in(Phase next) {
        return new Tenure(record, version, reason, since, attempted, turned, next, runId, validUntil, highest);
    }

    /** The server of that run accepts writes. */
    public Tenure opened(Reason why, long at, String openRunId) {
        return new Tenure(record, version, why, at, attempted, turned, Phase.OPEN, openRunId, validUntil, highest);
    }

    /** The Lease says so now. */
    public Tenure with(LeaseRecord confirmed, String confirmedVersion) {
        return new Tenure(confirmed, confirmedVersion, reason, since, attempted, turned, phase, runId, validUntil, highest);
    }

    /** This write is sent. */
    public Tenure writing(LeaseRecord next, long at) {
        return new Tenure(record, version, reason, since, at, next.empty() == record.empty() ? turned : at, phase, runId, validUntil, highest);
    }

    public Tenure validUntil(long moment) {
        return new Tenure(record, version, reason, since, attempted, turned, phase, runId, moment, highest);
    }

    public Tenure highest(long term) {
        return new Tenure(record, version, reason, since, attempted, turned, phase, runId, validUntil, term);
    }
}
