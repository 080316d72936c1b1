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

    Orders(SentinelWorld world, SimulatedPod from) {
        this.world = world;
        this.from = from;
        mine = from.generation();
    }

    private void order(String pod, Consumer<String> then, Consumer<SimulatedSentinel> order) {
        world.simulation.after(world.network.hop(), () -> {
            WatchPod w = world.watch.get(pod);
            if (w == null || !w.running() || world.cut(from.name, pod)) {
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

    @Override
    public void watch(List<Peer> found) {}

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
