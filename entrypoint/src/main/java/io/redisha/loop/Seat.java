package io.redisha.loop;

import io.redisha.decide.LeaseSight;
import io.redisha.loop.Journal.Act;
import io.redisha.loop.LeaseStore.Read;
import io.redisha.loop.LeaseStore.Write;
import io.redisha.model.Identity;
import io.redisha.model.LeaseRecord;
import io.redisha.model.LeaseView;
import io.redisha.model.Reason;
import io.redisha.model.Timings;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BinaryOperator;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * The Lease of a release in which nobody's right to accept writes hangs on it: who holds it looks after what only one pod may look after.
 *
 * <p>Rules L1 to L5 and L8 hold here as everywhere; there are no votes, because nothing is lost when nobody holds it for some seconds. On the
 * loop's thread only, except for {@link #leads}.
 */
public final class Seat {

    private static final long MS = Timings.MS;
    /** How often one reads who does not hold it. */
    private static final long READ = 3_000 * MS;
    private static final long READ_SOON = 500 * MS;

    private final Identity self;
    private final String office;
    private final LeaseStore store;
    private final Journal journal;
    private final Timings timings;
    private final LongSupplier clock;
    private final Supplier<Instant> wall;

    private LeaseSight sight;
    /** Highest that was seen, 0 as long as no Lease was; a later one is what a Lease that is made again has. */
    private long term;
    private boolean reading;
    private long readAt;
    private boolean writing;
    private LeaseRecord held;
    private String version;
    /** Monotonic ns until which the seat is ours, from the sending of the last write that succeeded (rule L5). */
    private volatile long validUntil;
    private volatile boolean holds;
    private long renewedAt;
    /** Why the API server is of no use now, null if it is. */
    private String apiProblem;
    private long lostAt;
    private final Refusal refusal;
    private UnaryOperator<LeaseRecord> amendment;
    private Consumer<Boolean> amended;
    private BinaryOperator<LeaseRecord> inheritance = (was, next) -> next;
    private boolean leaving;
    private Runnable left;

    /** @param office what its holder does, as the end of a sentence: "looks after ..." */
    public Seat(Identity self, String office, LeaseStore store, Journal journal, Timings timings, LongSupplier clock, Supplier<Instant> wall) {
        this.self = self;
        this.office = office;
        this.store = store;
        this.journal = journal;
        this.timings = timings;
        this.clock = clock;
        this.wall = wall;
        refusal = new Refusal(journal, timings.renew());
        readAt = clock.getAsLong() - READ;
    }

    /** @param kept what becomes of what the Lease said, given that and what is written, when this member takes it; in the same write */
    public void inherit(BinaryOperator<LeaseRecord> kept) {
        inheritance = kept;
    }

    /** From any thread. */
    public boolean leads() {
        return holds && validUntil - clock.getAsLong() > 0;
    }

    /** What the Lease says, as far as it is known; null if nothing is. */
    public LeaseRecord record() {
        LeaseView.Present seen = sight == null ? null : present(sight.view());
        return holds ? held : seen == null ? null : seen.record();
    }

    /** It says what it said before: it was restored from a backup, and no holder has written it since. */
    public boolean isOutdated() {
        LeaseRecord record = record();
        return record != null && record.term() < term;
    }

    public boolean reachable() {
        return apiProblem == null;
    }

    /** What a person should know of the Lease, in words. */
    public List<String> problems() {
        return Stream.of(apiProblem, refusal.problem()).filter(Objects::nonNull).toList();
    }

    /** @param willing false: never takes it, and lets what it has lapse */
    public void tick(boolean willing) {
        tick(willing, false);
    }

    /** @param waits somebody is about to write there what this one needs: it is read sooner, if another holds it */
    public void tick(boolean willing, boolean waits) {
        long now = clock.getAsLong();
        if (holds && validUntil - now <= 0) {
            // whoever takes it has seen it unchanged for a whole lease duration, which ends later
            vacate();
            sight = null;
            journal.note(Act.DEPOSED, Reason.VALIDITY_LAPSED, held.term(), "no longer " + office);
        }
        if (holds) {
            if (!writing && (willing && now - renewedAt >= timings.renew() || amendment != null && !refusal.rests(now) || leaving)) {
                renew();
            }
            return;
        }
        if (leaving) {
            leave();
            return;
        }
        long every = sight == null || waits ? READ_SOON : READ;
        if (!reading && !writing && now - readAt >= every) {
            read(willing);
        }
    }

    /**
     * Changes what the Lease says with the next write, which is sent at once; not right after one that was refused.
     *
     * @param then whether it was written by us, still holding it
     */
    public void amend(UnaryOperator<LeaseRecord> change, Consumer<Boolean> then) {
        if (!holds || amendment != null || refusal.rests(clock.getAsLong())) {
            then.accept(false);
            return;
        }
        amendment = change;
        amended = then;
        if (!writing) {
            renew();
        }
    }

    /** Lets go of it, if it is ours; {@code then} runs when that is done or has failed. */
    public void release(Runnable then) {
        leaving = true;
        left = then;
        if (!holds) {
            leave();
        } else if (!writing) {
            renew();
        }
    }

    /** What was to be written is not for the next holder to write. */
    private void vacate() {
        holds = false;
        Consumer<Boolean> told = amended;
        amendment = null;
        amended = null;
        if (told != null) {
            told.accept(false);
        }
    }

    private void leave() {
        Runnable then = left;
        left = null;
        if (then != null) {
            then.run();
        }
    }

    private void read(boolean willing) {
        reading = true;
        long sent = clock.getAsLong();
        readAt = sent;
        store.read(read -> {
            reading = false;
            reached(!(read instanceof Read.Unreachable), read instanceof Read.Unreachable u ? u.why() : "");
            if (read instanceof Read.Seen seen && !holds) {
                refusal.seen(seen.view());
                see(seen.view(), sent);
                if (willing && !writing && !leaving) {
                    consider();
                }
            }
        });
    }

    private void see(LeaseView view, long sent) {
        sight = LeaseSight.see(sight, view, sent, clock.getAsLong());
        LeaseView.Present seen = present(view);
        if (seen != null) {
            term = Math.max(term, seen.record().term());
        }
    }

    /** Null if there is none. No data hangs on its term here (L3): one that cannot be used is taken for the highest that was seen. */
    private LeaseView.Present present(LeaseView view) {
        return switch (view) {
            case LeaseView.Absent absent -> null;
            case LeaseView.Present present -> present;
            case LeaseView.Unusable unusable -> unusable.in(term);
        };
    }

    private void consider() {
        LeaseView.Present present = present(sight.view());
        if (sight.view() instanceof LeaseView.Absent absent) {
            boolean known = absent.initialized() || term > 0;
            if (!known || sight.unchangedFor() >= timings.lease()) {   // L10
                take(new LeaseRecord(self, term + 1, null, List.of(), null, "", 0, false, List.of(), self.pod(), null, Instant.EPOCH, Map.of()), null,
                        known ? Reason.LEASE_MISSING : Reason.BOOTSTRAP);
            }
        } else {
            LeaseRecord was = present.record();
            boolean predecessor = was.holder() != null && was.holder().member().equals(self.member());   // rule L1
            Reason why = was.released() ? Reason.LEASE_RELEASED : predecessor ? Reason.PREDECESSOR_DIED
                    : sight.unchangedFor() >= timings.lease() ? Reason.LEASE_EXPIRED : null;
            if (why != null) {
                take(inheritance.apply(was, with(was, self, term + 1)), present.version(), why);
            }
        }
    }

    private static LeaseRecord with(LeaseRecord was, Identity holder, long term) {
        return new LeaseRecord(holder, term, was.mode(), was.members(), was.datasetId(), was.replid(), was.offset(), was.empty(), was.inSync(),
                holder == null ? was.lastHolder() : holder.pod(), null, was.renewed(), was.notes());
    }

    private void take(LeaseRecord next, String at, Reason why) {
        write(next, at, done -> {
            if (done) {
                holds = true;
                journal.note(Act.ELECTED, why, next.term(), office);
            }
        });
    }

    private void renew() {
        UnaryOperator<LeaseRecord> change = amendment;
        Consumer<Boolean> told = amended;
        amendment = null;
        amended = null;
        boolean goes = leaving;
        LeaseRecord next = change == null ? held : change.apply(held);
        write(goes ? with(next, null, next.term()) : next, version, done -> {
            if (told != null) {
                told.accept(done && !goes);
            }
            if (goes) {
                holds = false;
                leave();
            }
        });
    }

    private void write(LeaseRecord next, String at, Consumer<Boolean> then) {
        writing = true;
        LeaseRecord stamped = next.stamped(wall.get());
        long sent = clock.getAsLong();
        renewedAt = sent;
        store.write(stamped, at, answer -> {
            writing = false;
            journal.renewed(answer instanceof Write.Done, clock.getAsLong() - sent);
            reached(!(answer instanceof Write.Unknown), answer instanceof Write.Unknown u ? u.why() : "");
            switch (answer) {
                case Write.Done done -> {
                    refusal.written(stamped.term(), clock.getAsLong());
                    held = stamped;
                    term = Math.max(term, stamped.term());
                    version = done.version();
                    validUntil = sent + timings.renewDeadline();
                    then.accept(true);
                }
                // ours perhaps, by an earlier try: read, and what it says is so
                case Write.Conflict conflict -> lost(next, then);
                case Write.Refused no -> {
                    refusal.refused(no.why(), at, stamped.term(), sent, clock.getAsLong());
                    then.accept(false);
                }
                case Write.Unknown unknown -> {
                    // a later write on this version would be a conflict if this one was carried out: then it is read afresh
                    then.accept(false);
                }
            }
        });
    }

    private void lost(LeaseRecord next, Consumer<Boolean> then) {
        writing = true;   // nothing else is sent meanwhile, on a version that is gone
        long sent = clock.getAsLong();
        store.read(read -> {
            writing = false;
            LeaseView.Present p = read instanceof Read.Seen seen ? present(seen.view()) : null;
            if (p != null && self.equals(p.record().holder())) {
                held = p.record();
                term = Math.max(term, held.term());
                version = p.version();
                holds = true;
            } else if (read instanceof Read.Seen seen && seen.view() instanceof LeaseView.Absent && leads() && !leaving) {
                write(next, null, then);   // L10: its holder makes it again, in the same term
                return;
            } else if (read instanceof Read.Seen seen) {
                refusal.seen(seen.view());
                if (holds) {
                    journal.note(Act.DEPOSED, Reason.LEASE_LOST, held.term(), "no longer " + office);
                }
                vacate();
                see(seen.view(), sent);
            }
            then.accept(false);
        });
    }

    private void reached(boolean now, String why) {
        boolean before = reachable();
        apiProblem = now ? null : Refusal.apiProblem(why);
        if (now != before) {
            if (now) {
                journal.note(Act.API_BACK, null, -1, "after " + (clock.getAsLong() - lostAt) / 1_000_000_000L + " s");
            } else {
                lostAt = clock.getAsLong();
                journal.note(Act.API_LOST, null, -1, why);
            }
        }
    }
}
