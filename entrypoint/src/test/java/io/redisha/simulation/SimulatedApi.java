package io.redisha.simulation;

import static io.redisha.simulation.Network.API;
import static io.redisha.simulation.Simulation.MS;
import static io.redisha.simulation.Simulation.S;

import io.redisha.loop.LeaseStore;
import io.redisha.model.LeaseRecord;
import io.redisha.model.LeaseView;
import io.redisha.model.PodView;
import io.redisha.model.Timings;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** The API server: the Lease with its versions, and the pods. It can be down or slow, and a request that is under way can be very late. */
public final class SimulatedApi {

    /** What may become of a request but that it is carried out and answered. */
    public enum Mishap {
        NONE,
        /** It is tried twice on its way, and the second try is answered. */
        TWICE,
        /** It comes once more, when nobody waits for an answer to it. */
        AGAIN,
        /** It is carried out, and answered with 500. */
        FAILS_AFTERWARDS,
        /** It is carried out, and not answered. */
        UNANSWERED,
        /** It is carried out when who sent it does not wait any more. */
        LATE,
        /** 429. */
        BUSY,
        /** 403. */
        REFUSED
    }

    private static final long WORK = 3 * MS;
    private static final long LATEST = 5 * S;

    private final Simulation simulation;
    private final Network network;
    /** What a backup may have of it. */
    private record Stored(LeaseRecord lease, long version, boolean initialized) {}

    private LeaseRecord lease;
    private long version;
    /** Of all versions: none is given twice (after etcd was restored, if it is told to begin beyond all of them). */
    private long latest;
    private boolean initialized;
    private final List<Stored> backups = new ArrayList<>();
    /** How many pods the StatefulSet says that there are to be; 0: it does not say. */
    public int wanted;
    public boolean down;
    public long delay;
    /** Whether a few requests arrive up to 3 s late, when nobody waits for them any more. */
    public boolean lateRequests;
    /** What becomes of the next request. */
    public Supplier<Mishap> mishaps = () -> Mishap.NONE;
    /** Watches stand still, and nobody is told. */
    public boolean watchesStand;
    /** A rule left out on purpose: what is answered to a write instead of trying it, null for nothing else. */
    public BiFunction<LeaseRecord, String, LeaseStore.Write> instead = (next, known) -> null;
    /** Sees every record before it is stored, and may object, or store another. */
    public UnaryOperator<LeaseRecord> storing = next -> next;

    public SimulatedApi(Simulation simulation, Network network) {
        this.simulation = simulation;
        this.network = network;
    }

    public LeaseRecord lease() {
        return lease;
    }

    /** For so long watches stand still, or each request, most of them, or some, meet a mishap, or any. */
    public void goWrong(Random r, long howLong) {
        Random drawn = new Random(r.nextLong());
        if (r.nextInt(8) == 0) {
            simulation.say("watches stand still");
            watchesStand = true;
            simulation.after(howLong, () -> watchesStand = false);
            return;
        }
        Mishap[] all = Mishap.values();
        Mishap only = all[r.nextInt(all.length)];
        double part = r.nextBoolean() ? 1 : r.nextDouble();
        simulation.say("requests meet " + (only == Mishap.NONE ? "anything" : only) + ", " + Math.round(100 * part) + " % of them");
        mishaps = () -> drawn.nextDouble() >= part ? Mishap.NONE : only == Mishap.NONE ? all[drawn.nextInt(all.length)] : only;
        simulation.after(howLong, () -> mishaps = () -> Mishap.NONE);
    }

    public String version() {
        return Long.toString(version);
    }

    public void deleteLease() {
        lease = null;
    }

    /** kubectl annotate, or edit. */
    public void edit(UnaryOperator<LeaseRecord> change) {
        lease = change.apply(lease);
        version = ++latest;
    }

    /**
     * From a backup: the Lease is again what it was once.
     *
     * @param led      it named another leader then, if it ever did
     * @param numbered its version is again what it was then; else it is another one
     * @return whether there was such a backup
     */
    public boolean restore(Random chance, boolean led, boolean numbered) {
        List<Stored> suits = lease == null ? backups : backups.stream().filter(b -> !led || b.lease.term() < lease.term()).toList();
        if (suits.isEmpty()) {
            return false;
        }
        Stored stored = suits.get(Math.max(chance.nextInt(suits.size()), chance.nextInt(suits.size())));
        lease = stored.lease;
        version = numbered ? stored.version : ++latest;
        initialized = stored.initialized;
        simulation.say("restored: the Lease says " + (lease.released() ? "nobody" : lease.holder()) + " of term " + lease.term());
        return true;
    }

    /** The second object, which says that there has been one. */
    public void deleteMark() {
        initialized = false;
    }

    /** What the watch shows this pod, if it is reached now. */
    public void show(SimulatedPod to, Supplier<List<PodView>> pods, Consumer<List<PodView>> then) {
        if (!watchesStand && reaches(to)) {
            List<PodView> seen = pods.get();
            long mine = to.generation();
            simulation.after(network.hop(), () -> to.deliver(mine, () -> then.accept(seen)));
        }
    }

    public boolean reaches(SimulatedPod pod) {
        return !down && !network.loses(pod.place(), API) && !network.loses(API, pod.place());
    }

    /** The Lease as this run of the pod reads and writes it. */
    public LeaseStore leases(SimulatedPod pod) {
        return new Leases(pod);
    }

    private final class Leases implements LeaseStore {
        private final SimulatedPod pod;
        private final long mine;

        Leases(SimulatedPod pod) {
            this.pod = pod;
            mine = pod.generation();
        }

        private <T> void call(Mishap mishap, Supplier<T> there, T failed, Consumer<T> then) {
            boolean[] answered = {false};
            Consumer<T> once = t -> pod.deliver(mine, () -> {
                if (!answered[0]) {
                    answered[0] = true;
                    then.accept(t);
                }
            });
            simulation.after(pod.clock.takes(Timings.defaults().renew()), () -> once.accept(failed));
            if (down || network.loses(pod.place(), API)) {
                return;
            }
            long late = lateRequests && simulation.random.nextInt(300) == 0 ? simulation.random.nextLong(3 * S) : 0;
            long later = mishap == Mishap.LATE ? Timings.defaults().renew() + simulation.random.nextLong(LATEST) : 0;
            simulation.after(WORK + network.hop() + delay + late + later, () -> {
                if (down) {
                    return;
                }
                T answer = there.get();
                if (mishap != Mishap.UNANSWERED && !network.loses(API, pod.place())) {
                    simulation.after(WORK + network.hop() + delay, () -> once.accept(answer));
                }
            });
        }

        @Override
        public void read(Consumer<Read> then) {
            Mishap mishap = mishaps.get();
            call(mishap, () -> switch (mishap) {
                case BUSY -> new Read.Unreachable("429");
                case REFUSED -> new Read.Unreachable("403");
                case FAILS_AFTERWARDS -> new Read.Unreachable("500");
                default -> new Read.Seen(lease == null ? new LeaseView.Absent(initialized, wanted) : new LeaseView.Present(lease, version()));
            }, new Read.Unreachable("timeout"), then);
        }

        @Override
        public void write(LeaseRecord next, String known, Consumer<Write> then) {
            Mishap mishap = mishaps.get();
            call(mishap, () -> switch (mishap) {
                case BUSY -> new Write.Unknown("429");
                case REFUSED -> new Write.Refused("403");
                case TWICE -> {
                    carryOut(next, known);
                    yield carryOut(next, known);
                }
                case FAILS_AFTERWARDS -> {
                    carryOut(next, known);
                    yield new Write.Unknown("500");
                }
                case AGAIN -> {
                    simulation.after(simulation.random.nextLong(LATEST), () -> carryOut(next, known));
                    yield carryOut(next, known);
                }
                default -> carryOut(next, known);
            }, new Write.Unknown("timeout"), then);
        }

        private Write carryOut(LeaseRecord next, String known) {
            Write other = instead.apply(next, known);
            if (other != null) {
                return other;
            }
            if (known == null ? lease != null : lease == null || !known.equals(version())) {
                return new Write.Conflict();
            }
            lease = storing.apply(next);
            version = ++latest;
            initialized = true;
            backups.add(new Stored(lease, version, true));
            return new Write.Done(version());
        }
    }
}
