package io.redisha.simulation;

import static io.redisha.simulation.Simulation.MS;

import io.redisha.loop.Server;
import io.redisha.model.Address;
import io.redisha.model.Role;
import java.util.function.Consumer;

/** What an agent asks of its server: each command takes a millisecond, its answer another, and a process that died meanwhile does nothing. */
public final class SimulatedServer implements Server {

    private final SimulatedRedis redis;
    private final Servers servers;
    private final long generation;

    /** For the container that runs now. */
    public SimulatedServer(SimulatedRedis redis, Servers servers) {
        this.redis = redis;
        this.servers = servers;
        generation = redis.pod.generation();
    }

    private void run(Runnable command) {
        long process = redis.process();
        after(MS, () -> {
            if (redis.process() == process && redis.running()) {
                command.run();
            }
        });
    }

    private void after(long delay, Runnable run) {
        servers.simulation.after(delay, () -> redis.pod.deliver(generation, run));
    }

    @Override
    public void look() {
        servers.simulation.after(MS, () -> redis.poll(generation));
    }

    @Override
    public void follow(Address master) {
        run(() -> {
            if (!servers.demotesNot || redis.role() != Role.MASTER) {
                redis.follow(master);
            }
        });
        look();
    }

    @Override
    public void promote(Consumer<Boolean> then) {
        long process = redis.process();
        run(redis::promote);
        after(2 * MS, () -> then.accept(redis.process() == process && redis.running() && redis.role() == Role.MASTER));
    }

    @Override
    public void fence(boolean dropClients, Runnable then) {
        run(redis::fence);
        after(2 * MS, then);
    }

    @Override
    public void priority(int priority) {
        run(() -> redis.prioritize(priority));
    }

    @Override
    public void minReplicas(int count) {
        run(() -> redis.limit(count));
    }

    @Override
    public void pause(long nanos, Consumer<Long> then) {
        long process = redis.process();
        run(() -> redis.pause(nanos));
        after(2 * MS, () -> then.accept(redis.process() == process && redis.running() && redis.role() == Role.MASTER ? (Long) redis.offset() : null));
    }

    @Override
    public void unpause() {
        run(redis::unpause);
    }

    @Override
    public void dropClients() {}

    @Override
    public void kill() {
        redis.kill();
    }
}
