package io.redisha.simulation;

import static io.redisha.simulation.Network.API;
import static io.redisha.simulation.Simulation.MS;
import static io.redisha.simulation.Simulation.S;

import io.redisha.loop.LeaseStore;
import io.redisha.model.LeaseRecord;
import io.redisha.model.LeaseView;
import io.redisha.model.PodView;
import io.redisha.model.Timings;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** The API server: the Lease with its versions, and the pods. It can be down or slow, and a request that is under way can be very late. */
public final class SimulatedApi {

    private static final long WORK = 3 * MS;

    private final Simulation simulation;
    private final Network network;
    private LeaseRecord lease;
    private long version;
    private boolean initialized;
    /** How many pods the StatefulSet says that there are to be; 0: it does not say. */
    public int wanted;
    public boolean down;
    public long delay;
    /** Whether a few requests arrive up to 3 s late, when nobody waits for them any more. */
    public boolean lateRequests;
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

    public String version() {
        return Long.toString(version);
    }

    public void deleteLease() {
        lease = null;
    }

    /** The second object, which says that there has been one. */
    public void deleteMark() {
        initialized = false;
    }

    /** What the watch shows this pod, if it is reached now. */
    public void show(SimulatedPod to, Supplier<List<PodView>> pods, Consumer<List<PodView>> then) {
        if (reaches(to)) {
            List<PodView> seen = pods.get();
            long mine = to.generation();
            simulation.after(network.hop(), () -> to.deliver(mine, () -> then.accept(seen)));
        }
    }

    public boolean reaches(SimulatedPod pod) {
        return !down && !network.loses(pod.name, API) && !network.loses(API, pod.name);
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

        private <T> void call(Supplier<T> there, T failed, Consumer<T> then) {
            boolean[] answered = {false};
            Consumer<T> once = t -> pod.deliver(mine, () -> {
                if (!answered[0]) {
                    answered[0] = true;
                    then.accept(t);
                }
            });
            simulation.after(pod.clock.takes(Timings.defaults().renew()), () -> once.accept(failed));
            if (down || network.loses(pod.name, API)) {
                return;
            }
            long late = lateRequests && simulation.random.nextInt(300) == 0 ? simulation.random.nextLong(3 * S) : 0;
            simulation.after(WORK + network.hop() + delay + late, () -> {
                if (down) {
                    return;
                }
                T answer = there.get();
                if (!network.loses(API, pod.name)) {
                    simulation.after(WORK + network.hop() + delay, () -> once.accept(answer));
                }
            });
        }

        @Override
        public void read(Consumer<Read> then) {
            call(() -> new Read.Seen(lease == null ? new LeaseView.Absent(initialized, wanted) : new LeaseView.Present(lease, version())), new Read.Unreachable("timeout"), then);
        }

        @Override
        public void write(LeaseRecord next, String known, Consumer<Write> then) {
            call(() -> {
                Write other = instead.apply(next, known);
                if (other != null) {
                    return other;
                }
                if (known == null ? lease != null : lease == null || !known.equals(version())) {
                    return new Write.Conflict();
                }
                lease = storing.apply(next);
                version++;
                initialized = true;
                return new Write.Done(version());
            }, new Write.Unknown("timeout"), then);
        }
    }
}
