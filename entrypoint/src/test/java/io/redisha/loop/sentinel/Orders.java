package io.redisha.loop.sentinel;

import static io.redisha.simulation.Simulation.MS;

import io.redisha.loop.Peers.Peer;
import io.redisha.simulation.SimulatedPod;
import java.util.List;
import java.util.function.Consumer;

/** What an agent asks of simulated sentinels. */
final class Orders implements Sentinels {

    private final SentinelWorld world;
    private final SimulatedPod from;
    private final long mine;
    /** Null while the API server has told of none: then names are looked up. */
    private List<Peer> found;

    Orders(SentinelWorld world, SimulatedPod from) {
        this.world = world;
        this.from = from;
        mine = from.generation();
    }

    private void order(String pod, Consumer<String> then, Consumer<SimulatedSentinel> order) {
        world.simulation.after(world.network.hop(), () -> {
            WatchPod w = at(pod);
            if (w == null || !w.running() || world.cut(from, w)) {
                world.simulation.after(500 * MS, () -> from.deliver(mine, () -> then.accept("no answer")));
                return;
            }
            String[] refusal = {null};
            try {
                order.accept(w.sentinel);
            } catch (IllegalStateException e) {
                refusal[0] = e.getMessage();
            }
            world.simulation.after(world.network.hop(), () -> from.deliver(mine, () -> then.accept(refusal[0])));
        });
    }

    private WatchPod at(String pod) {
        if (found == null) {
            return world.watch.get(pod);
        }
        String address = found.stream().filter(p -> p.pod().equals(pod)).findFirst().map(Peer::host).orElse(null);
        return world.anybodysWatch().stream().filter(w -> w.up && w.ip().equals(address)).findFirst().orElse(null);
    }

    /** By which name it looks at this one, null if it does not. */
    String knows(WatchPod pod) {
        if (found == null) {
            return world.watch.get(pod.name) == pod ? pod.name : null;
        }
        for (Peer p : found) {
            if (p.host().equals(pod.ip())) {
                return p.pod();
            }
        }
        return null;
    }

    @Override
    public void watch(List<Peer> sentinels) {
        found = sentinels;
    }

    @Override
    public void failover(String pod, Consumer<String> then) {
        world.simulation.after(100 * MS, () -> order(pod, then, SimulatedSentinel::force));
    }

    @Override
    public void reset(String pod, Consumer<String> then) {
        order(pod, then, SimulatedSentinel::reset);
    }

    @Override
    public void set(String pod, String option, String value, Consumer<String> then) {
        order(pod, then, s -> s.quorum(Integer.parseInt(value)));
    }
}
