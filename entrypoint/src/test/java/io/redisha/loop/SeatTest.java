package io.redisha.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.decide.sentinel.Appointment;
import io.redisha.model.Identity;
import io.redisha.model.LeaseRecord;
import io.redisha.model.LeaseView;
import io.redisha.model.Reason;
import io.redisha.model.Timings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class SeatTest {

    private static final long MS = Timings.MS;
    private static final long TICK = 100 * MS;

    /** One Lease, and a network that can lose what is asked or what is answered. */
    private static final class Api {
        private LeaseRecord record;
        private long version;
        private long now;
        private boolean down;
        private boolean answersLost;
        private String refusal;
        /** Somebody has edited its term to one that is none; the next write mends that. */
        private boolean unusable;
        private int writes;
        private final List<String> noted = new ArrayList<>();
        private final Random random;
        private double loss;
        private final List<Runnable> late = new ArrayList<>();

        Api(long seed) {
            random = new Random(seed);
        }

        LeaseStore of() {
            return new LeaseStore() {
                @Override
                public void read(Consumer<Read> then) {
                    then.accept(lost() ? new Read.Unreachable("down") : unusable ? new Read.Seen(new LeaseView.Unusable(record.in(0), Long.toString(version), "too high"))
                            : new Read.Seen(record == null ? new LeaseView.Absent(false) : new LeaseView.Present(record, Long.toString(version))));
                }

                @Override
                public void write(LeaseRecord next, String at, Consumer<Write> then) {
                    writes++;
                    if (lost()) {
                        late.add(() -> then.accept(new Write.Unknown("down")));
                    } else if (refusal != null) {
                        then.accept(new Write.Refused(refusal));
                    } else if (at == null ? record != null : !at.equals(Long.toString(version))) {
                        then.accept(new Write.Conflict());
                    } else {
                        record = next;
                        unusable = false;
                        version++;
                        String done = Long.toString(version);
                        if (answersLost || random.nextDouble() < loss) {
                            late.add(() -> then.accept(new Write.Unknown("no answer")));
                        } else {
                            then.accept(new Write.Done(done));
                        }
                    }
                }
            };
        }

        private boolean lost() {
            return down || random.nextDouble() < loss;
        }

        void edit() {
            unusable = true;
            version++;
        }

        void take(String pod) {
            record = new LeaseRecord(new Identity(pod, "uid-" + pod, "1"), record.term() + 1, null, List.of(), null, "", 0, false, List.of(), pod, null, Instant.EPOCH, Map.of());
            version++;
        }

        void delete() {
            record = null;
            version++;
        }

        void pass(long time, Seat... seats) {
            for (long end = now + time; now < end;) {
                now += TICK;
                if (now % (15 * TICK) == 0) {
                    List<Runnable> answers = List.copyOf(late);
                    late.clear();
                    answers.forEach(Runnable::run);
                }
                int leading = 0;
                for (Seat seat : seats) {
                    seat.tick(true);
                }
                for (Seat seat : seats) {
                    leading += seat.leads() ? 1 : 0;
                }
                assertThat(leading).as("seats that lead at %d ms", now / MS).isLessThanOrEqualTo(1);
            }
        }

        Seat seat(String pod, String incarnation) {
            return new Seat(new Identity(pod, "uid-" + pod, incarnation), "looks after all", of(), new Written(), Timings.defaults(), () -> now, () -> Instant.ofEpochSecond(0, now));
        }

        private final class Written implements Journal {
            @Override
            public void note(Act act, Reason reason, long term, String detail) {
                noted.add(act + " " + detail);
            }

            @Override
            public void renewed(boolean success, long nanos) {}
        }
    }

    private final Api api = new Api(1);

    @Test
    void oneOfTwoTakesAFreeLeaseAndTheOtherLeavesItAlone() {
        Seat a = api.seat("x-0", "1");
        Seat b = api.seat("x-1", "1");

        api.pass(30_000 * MS, a, b);

        assertThat(a.leads()).isTrue();
        assertThat(b.leads()).isFalse();
        assertThat(api.record.term()).isEqualTo(1);
        assertThat(b.record().holder().pod()).isEqualTo("x-0");
    }

    @Test
    void readsTheLeaseSoonWhereItIsWaitedForWhatAnotherIsAboutToWriteThere() {
        Seat a = api.seat("x-0", "1");
        Seat b = api.seat("x-1", "1");
        Seat waits = api.seat("x-2", "1");
        api.pass(5_000 * MS, a, b, waits);
        waits.tick(true, true);
        b.tick(true, false);
        a.amend(was -> new Appointment("x-7", 9).in(was), written -> { });
        for (int i = 0; i < 6; i++) {
            api.now += TICK;
            waits.tick(true, true);
            b.tick(true, false);
        }
        assertThat(Appointment.noted(waits.record())).isEqualTo(new Appointment("x-7", 9));
        assertThat(Appointment.noted(b.record())).isNull();
    }

    @Test
    void takesOverOnlyAfterAWholeLeaseDurationWithoutAChange() {
        Seat a = api.seat("x-0", "1");
        Seat b = api.seat("x-1", "1");
        api.pass(5_000 * MS, a, b);

        api.pass(5_500 * MS, b);   // a is gone
        assertThat(b.leads()).isFalse();
        api.pass(8_000 * MS, b);

        assertThat(b.leads()).isTrue();
        assertThat(api.record.term()).isEqualTo(2);
    }

    @Test
    void leavesTheOfficeToAnotherWhenItIsNotWillingAnyMore() {
        Seat a = api.seat("x-0", "1");
        Seat b = api.seat("x-1", "1");
        api.pass(5_000 * MS, a, b);
        for (int i = 0; i < 200; i++) {
            api.pass(TICK, b);
            a.tick(false);
        }
        assertThat(a.leads()).isFalse();
        assertThat(b.leads()).isTrue();
    }

    @Test
    void whatItCouldNotWriteWhileItHeldTheLeaseItDoesNotWriteLater() {
        Seat a = api.seat("x-0", "1");
        api.pass(3_000 * MS, a);
        api.down = true;
        api.pass(2_500 * MS, a);   // a renewal is on its way, and is not answered
        List<Boolean> written = new ArrayList<>();
        a.amend(was -> new Appointment("x-7", 9).in(was), written::add);
        api.pass(Timings.defaults().renewDeadline(), a);
        assertThat(a.leads()).isFalse();
        assertThat(written).containsExactly(false);
        api.down = false;
        api.pass(20_000 * MS, a);
        assertThat(a.leads()).isTrue();
        assertThat(Appointment.noted(api.record)).isNull();
    }

    @Test
    void withoutAnApiServerItStopsToLeadInTime() {
        Seat a = api.seat("x-0", "1");
        api.pass(3_000 * MS, a);
        api.down = true;

        api.pass(Timings.defaults().renewDeadline() + TICK, a);

        assertThat(a.leads()).isFalse();
        assertThat(a.reachable()).isFalse();
    }

    @Test
    void leadsAgainWhenTheApiServerIsBack() {
        Seat a = api.seat("x-0", "1");
        api.pass(3_000 * MS, a);
        api.down = true;
        api.pass(20_000 * MS, a);
        api.down = false;

        api.pass(8_000 * MS, a);

        assertThat(a.leads()).isTrue();
        assertThat(a.reachable()).isTrue();
    }

    @Test
    void aReleasedSeatIsTakenWithoutAWait() {
        Seat a = api.seat("x-0", "1");
        Seat b = api.seat("x-1", "1");
        api.pass(5_000 * MS, a, b);
        boolean[] left = {false};

        a.release(() -> left[0] = true);
        api.pass(3_500 * MS, a, b);

        assertThat(left[0]).isTrue();
        assertThat(b.leads()).isTrue();
    }

    @Test
    void aRestartedContainerTakesThePlaceOfItsPredecessorAtOnce() {
        Seat a = api.seat("x-0", "1");
        api.pass(3_000 * MS, a);

        Seat again = api.seat("x-0", "2");
        api.pass(1_000 * MS, again);

        assertThat(again.leads()).isTrue();
    }

    @Test
    void whatIsAmendedIsWrittenOnlyByWhoHoldsIt() {
        Seat a = api.seat("x-0", "1");
        Seat b = api.seat("x-1", "1");
        api.pass(5_000 * MS, a, b);
        List<Boolean> written = new ArrayList<>();

        a.amend(was -> new Appointment("x-0", 1).in(was), written::add);
        b.amend(was -> new Appointment("x-1", 1).in(was), written::add);
        api.pass(1_000 * MS, a, b);

        assertThat(written).containsExactly(true, false);
        assertThat(Appointment.noted(api.record)).isEqualTo(new Appointment("x-0", 1));
    }

    @Test
    void whatOthersNotedOutlivesAChangeOfHolder() {
        Seat a = api.seat("x-0", "1");
        Seat b = api.seat("x-1", "1");
        api.pass(5_000 * MS, a, b);
        a.amend(was -> new Appointment("x-0", 7).in(was), written -> { });
        api.pass(15_000 * MS, b);

        assertThat(b.leads()).isTrue();
        assertThat(Appointment.noted(b.record())).isEqualTo(new Appointment("x-0", 7));
    }

    @Test
    void aLeaseThatIsNotWrittenIsAProblemAndToldOnceUntilItIs() {
        Seat a = api.seat("x-0", "1");
        api.pass(3_000 * MS, a);
        api.noted.clear();
        api.refusal = "quota";
        api.pass(Timings.defaults().renewDeadline() + 10_000 * MS, a);
        assertThat(a.leads()).isFalse();
        assertThat(a.problems()).containsExactly("the API server refuses to write the Lease: quota");
        assertThat(api.noted).filteredOn(note -> note.startsWith("LEASE_")).containsExactly("LEASE_REFUSED quota");
        api.refusal = null;
        api.pass(4_000 * MS, a);
        assertThat(a.leads()).isTrue();
        assertThat(a.problems()).isEmpty();
        assertThat(api.noted).anyMatch(note -> note.startsWith("LEASE_BACK after "));
    }

    /** Finding D: its server is no replica for that, and was no master. */
    @Test
    void whoLosesTheLeaseIsNotSaidToBeAReplicaNow() {
        Seat a = api.seat("x-0", "1");
        api.pass(3_000 * MS, a);
        api.down = true;
        api.pass(Timings.defaults().renewDeadline() + TICK, a);
        assertThat(api.noted).contains("DEPOSED no longer looks after all");

        api.noted.clear();
        api.down = false;
        api.pass(12_000 * MS, a);
        assertThat(a.leads()).isTrue();
        api.take("x-9");
        api.pass(3_000 * MS, a);
        assertThat(a.leads()).isFalse();
        assertThat(api.noted).contains("DEPOSED no longer looks after all");
    }

    @Test
    void whatWasRefusedIsNotAskedForAgainWithEachTick() {
        Seat a = api.seat("x-0", "1");
        api.pass(3_000 * MS, a);
        api.refusal = "quota";
        api.writes = 0;
        List<Boolean> written = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            a.amend(was -> new Appointment("x-0", 1).in(was), written::add);
            api.pass(TICK, a);
        }
        assertThat(api.writes).as("in 3 s").isLessThanOrEqualTo(3);
        assertThat(written).hasSize(30).containsOnly(false);
    }

    @Test
    void aRefusalIsNoProblemWhenAnotherHasWrittenTheLease() {
        Seat a = api.seat("x-0", "1");
        Seat b = api.seat("x-1", "1");
        api.refusal = "quota";
        api.pass(1_000 * MS, a);
        assertThat(a.problems()).isNotEmpty();
        api.refusal = null;
        api.pass(4_000 * MS, b);
        assertThat(b.leads()).isTrue();
        for (int i = 0; i < 40; i++) {
            api.pass(TICK, b);
            a.tick(true);
        }
        assertThat(a.problems()).isEmpty();
    }

    /** {@link Api#pass} asserts it after each tick. */
    @Test
    void neverDoTwoLeadWhateverGetsLost() {
        for (long seed = 0; seed < 300; seed++) {
            Api lossy = new Api(seed);
            lossy.loss = 0.05 + 0.4 * (seed % 3);
            Seat[] seats = {lossy.seat("x-0", "1"), lossy.seat("x-1", "1"), lossy.seat("x-2", "1")};
            for (int i = 0; i < 10; i++) {
                lossy.down = lossy.random.nextInt(4) == 0;
                lossy.answersLost = lossy.random.nextInt(4) == 0;
                lossy.pass(lossy.random.nextInt(12) * 1_000 * MS, seats);
            }
        }
    }

    /** Rule L3. */
    @Test
    void theHolderOfALeaseThatWasEditedToATermWhichIsNoneWritesItsOwnAgain() {
        Seat a = api.seat("x-0", "1");
        Seat b = api.seat("x-1", "1");
        api.pass(5_000 * MS, a, b);
        a.amend(was -> new Appointment("x-0", 7).in(was), written -> { });
        api.pass(1_000 * MS, a, b);

        api.edit();
        api.pass(10_000 * MS, a, b);

        assertThat(a.leads()).isTrue();
        assertThat(api.unusable).isFalse();
        assertThat(api.record.term()).isEqualTo(1);
        assertThat(Appointment.noted(api.record)).isEqualTo(new Appointment("x-0", 7));
    }

    @Test
    void aLeaseWhoseTermIsNoneIsTakenWithItsNotesAfterAWholeLeaseDurationInALaterTermThanWasSeen() {
        Seat a = api.seat("x-0", "1");
        Seat b = api.seat("x-1", "1");
        api.pass(5_000 * MS, a, b);
        a.amend(was -> new Appointment("x-0", 7).in(was), written -> { });
        api.pass(1_000 * MS, a, b);

        api.edit();
        api.pass(5_500 * MS, b);   // a is gone
        assertThat(b.leads()).isFalse();
        assertThat(b.record().holder().pod()).isEqualTo("x-0");
        api.pass(9_000 * MS, b);

        assertThat(b.leads()).isTrue();
        assertThat(api.record.term()).isEqualTo(2);
        assertThat(Appointment.noted(api.record)).isEqualTo(new Appointment("x-0", 7));
    }

    /** Rule L10. */
    @Test
    void aLeaseDeletedByHandIsMadeAgainByItsHolderAsItWas() {
        Seat a = api.seat("x-0", "1");
        Seat b = api.seat("x-1", "1");
        api.pass(5_000 * MS, a, b);
        a.amend(was -> new Appointment("x-0", 7).in(was), written -> { });

        api.delete();
        api.pass(10_000 * MS, a, b);

        assertThat(a.leads()).isTrue();
        assertThat(api.record.term()).isEqualTo(1);
        assertThat(Appointment.noted(api.record)).isEqualTo(new Appointment("x-0", 7));
    }

    @Test
    void whoeverHasSeenALeaseThatIsGoneWaitsForItsHolderForAWholeLeaseDuration() {
        Seat a = api.seat("x-0", "1");
        Seat b = api.seat("x-1", "1");
        api.pass(5_000 * MS, a, b);

        api.delete();
        api.pass(Timings.defaults().lease(), b);
        assertThat(api.record).isNull();
        api.pass(8_000 * MS, b);

        assertThat(b.leads()).isTrue();
        assertThat(api.record.term()).isEqualTo(2);
    }
}
