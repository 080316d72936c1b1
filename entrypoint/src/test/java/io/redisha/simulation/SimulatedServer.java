package io.redisha.simulation;

import static io.redisha.simulation.Simulation.MS;

import io.redisha.decide.Validity;
import io.redisha.loop.Server;
import io.redisha.model.Address;
import io.redisha.model.Role;
import io.redisha.model.Timings;
import java.util.function.Consumer;

/**
 * What an agent asks of its server: each command takes a millisecond, its answer another, and a process that died meanwhile does nothing. A server
 * that is silent, or does not get its turn, is not waited for longer than by the real one.
 */
public class SimulatedServer implements Server {

    private static final long ANSWER = 500 * MS;

    private final SimulatedRedis redis;
    private final Servers servers;
    private final long generation;
    /** Of the process that did not answer a promotion. */
    private long unanswered = -1;

    /** For the container that runs now. */
    public SimulatedServer(SimulatedRedis redis, Servers servers) {
        this.redis = redis;
        this.servers = servers;
        generation = redis.pod.generation();
    }

    /** @return in how long it is the server's turn */
    private long run(Runnable command) {
        long process = redis.process();
        long turn = MS + servers.simulation.processor.turn();
        after(turn, () -> {
            if (redis.process() == process && redis.running()) {
                redis.command(command);
            }
        });
        return turn;
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
    public void detach(Consumer<Boolean> then) {
        long process = redis.process();
        boolean[] read = {servers.detachesNot};
        long turn = run(() -> {
            if (!servers.detachesNot) {
                redis.follow(Address.DEAD);
                redis.poll(generation);
                read[0] = redis.copiesNobody();
            }
        });
        after(redis.silent() ? ANSWER : Math.min(ANSWER, turn + MS), () -> then.accept(read[0] || redis.process() != process || !redis.running()));
    }

    @Override
    public void promote(long valid, Consumer<Boolean> then) {
        long process = redis.process();
        long fences = redis.fences();
        long turn = run(() -> {
            if (redis.fences() == fences) {
                redis.promote();
            }
        });
        long now = redis.pod.clock.now();
        long patience = Math.max(ANSWER, Math.min(2_000 * MS, redis.pod.clock.takes(Math.clamp(valid - now, 0, 2_000 * MS))));
        boolean late = redis.silent() || turn + MS > patience;
        after(late ? patience : turn + MS, () -> {
            boolean there = redis.process() == process && redis.running();
            if (there && (late || redis.silent())) {
                unanswered = process;
                then.accept(null);
            } else {
                then.accept(there && redis.role() == Role.MASTER);
            }
        });
    }

    /** Rule M1: whoever may be a master, and has not obeyed in time, is killed. */
    @Override
    public void fence(boolean dropClients, long bound, Runnable then) {
        long process = redis.process();
        long patience = fencing(bound);
        long turn = run(() -> {
            redis.fence();
            redis.poll(generation);   // what it holds now is a part of the answer
        });
        after(redis.silent() ? patience : Math.min(patience, turn + MS), () -> {
            if (redis.process() == process && redis.running() && redis.role() == Role.MASTER && !servers.fencesNot) {
                redis.kill();
            }
            then.run();
        });
    }

    private long fencing(long bound) {
        long now = redis.pod.clock.now();
        return redis.pod.clock.takes(Timings.defaults().killAt(bound, now) - now);
    }

    @Override
    public void stopWrites(Consumer<Boolean> then) {
        long process = redis.process();
        long turn = run(redis::fence);
        after(redis.silent() ? fencing(Validity.NEVER) : Math.min(fencing(Validity.NEVER), turn + MS),
                () -> then.accept(redis.process() != process || !redis.running() || redis.role() != Role.MASTER));
    }

    @Override
    public void priority(int priority) {
        run(() -> redis.prioritize(priority));
    }

    @Override
    public void minReplicas(int count) {
        run(() -> redis.limit(servers.limitsNot && count > servers.all.size() ? 1 : count));
    }

    @Override
    public void pause(long nanos, Consumer<Long> then) {
        long process = redis.process();
        long turn = run(() -> redis.pause(nanos));
        boolean answers = !redis.silent();
        after(turn + MS, () -> then.accept(answers && redis.process() == process && redis.running() && redis.role() == Role.MASTER ? (Long) redis.offset() : null));
    }

    @Override
    public void unpause() {
        run(redis::unpause);
    }

    @Override
    public void dropClients() {}

    @Override
    public void kill() {
        if (redis.process() != unanswered) {
            servers.watch.killed(redis);
        }
        redis.kill();
    }
}
