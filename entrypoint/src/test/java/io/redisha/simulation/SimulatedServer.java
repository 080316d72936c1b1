package io.redisha.simulation;

import static io.redisha.simulation.Simulation.MS;

import io.redisha.decide.Validity;
import io.redisha.loop.Server;
import io.redisha.model.Address;
import io.redisha.model.Role;
import io.redisha.model.Timings;
import java.util.ArrayDeque;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * What an agent asks of its server: each command takes a millisecond, its answer another, and a process that died meanwhile does nothing. A server
 * that is silent, or does not get its turn, is not waited for longer than by the real one.
 *
 * <p>Orders are carried out at once, each for itself, or, as by the real one, one after the other by a thread that may hang.
 */
public class SimulatedServer implements Server {

    private static final long ANSWER = 500 * MS;

    private final SimulatedRedis redis;
    private final Servers servers;
    private final long generation;
    /** For how long each order hangs before it is given; null: they do not wait for each other. */
    private final LongSupplier hanging;
    /** That under way, and those that wait for it; each says for how long its answer is waited for. */
    private final ArrayDeque<LongSupplier> orders = new ArrayDeque<>();
    /** Of the process that did not answer a promotion. */
    private long unanswered = -1;

    /** For the container that runs now. */
    public SimulatedServer(SimulatedRedis redis, Servers servers) {
        this(redis, servers, null);
    }

    /** @param hanging for how long each order hangs; null: they do not wait for each other */
    public SimulatedServer(SimulatedRedis redis, Servers servers, LongSupplier hanging) {
        this.redis = redis;
        this.servers = servers;
        this.hanging = hanging;
        generation = redis.pod.generation();
    }

    private void give(LongSupplier order) {
        if (hanging == null) {
            order.getAsLong();
            return;
        }
        orders.add(order);
        if (orders.size() == 1) {
            next();
        }
    }

    private void next() {
        after(hanging.getAsLong(), () -> after(orders.peek().getAsLong(), () -> {
            orders.poll();
            if (!orders.isEmpty()) {
                next();
            }
        }));
    }

    private void give(Runnable command) {
        give(() -> answered(run(command), ANSWER));
    }

    /** @return when the answer is there, or is not waited for any longer */
    private long answered(long turn, long patience) {
        return redis.silent() ? patience : Math.min(patience, turn + MS);
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
        give(() -> {
            if (!servers.demotesNot || redis.role() != Role.MASTER) {
                redis.follow(master);
            }
        });
        look();
    }

    @Override
    public void detach(Consumer<Boolean> then) {
        give(() -> {
            long process = redis.process();
            boolean[] read = {servers.detachesNot};
            long turn = run(() -> {
                if (!servers.detachesNot) {
                    redis.follow(Address.DEAD);
                    redis.poll(generation);
                    read[0] = redis.copiesNobody();
                }
            });
            long answer = answered(turn, ANSWER);
            after(answer, () -> then.accept(read[0] || redis.process() != process || !redis.running()));
            return answer;
        });
    }

    @Override
    public void promote(long valid, BooleanSupplier may, Consumer<Boolean> then) {
        long process = redis.process();
        give(() -> {
            long now = redis.pod.clock.now();
            if (redis.process() != process || valid != Validity.NEVER && now >= valid || !may.getAsBoolean()) {
                after(MS, () -> then.accept(false));
                return MS;
            }
            long fences = redis.fences();
            long turn = run(() -> {
                if (redis.fences() == fences) {
                    redis.promote();
                }
            });
            long patience = Math.max(ANSWER, Math.min(2_000 * MS, redis.pod.clock.takes(Math.clamp(valid - now, 0, 2_000 * MS))));
            boolean late = redis.silent() || turn + MS > patience;
            long answer = late ? patience : turn + MS;
            after(answer, () -> {
                boolean there = redis.process() == process && redis.running();
                if (there && (late || redis.silent())) {
                    unanswered = process;
                    then.accept(null);
                } else {
                    then.accept(there && redis.role() == Role.MASTER);
                }
            });
            return answer;
        });
    }

    /** Rule M1: whoever may be a master, and has not obeyed in time, is killed. */
    @Override
    public void fence(boolean dropClients, long bound, Runnable then) {
        give(() -> {
            long process = redis.process();
            long patience = fencing(bound);
            long turn = run(() -> {
                redis.fence();
                redis.poll(generation);   // what it holds now is a part of the answer
            });
            long answer = answered(turn, patience);
            after(answer, () -> {
                if (redis.process() == process && redis.running() && redis.role() == Role.MASTER && !servers.fencesNot) {
                    redis.kill();
                }
                then.run();
            });
            return answer;
        });
    }

    private long fencing(long bound) {
        long now = redis.pod.clock.now();
        return redis.pod.clock.takes(Timings.defaults().killAt(bound, now) - now);
    }

    @Override
    public void stopWrites(Consumer<Boolean> then) {
        give(() -> {
            long process = redis.process();
            long answer = answered(run(redis::fence), fencing(Validity.NEVER));
            after(answer, () -> then.accept(redis.process() != process || !redis.running() || redis.role() != Role.MASTER));
            return answer;
        });
    }

    @Override
    public void priority(int priority) {
        give(() -> redis.prioritize(priority));
    }

    @Override
    public void minReplicas(int count) {
        give(() -> redis.limit(servers.limitsNot && count > servers.all.size() ? 1 : count));
    }

    @Override
    public void pause(long nanos, Consumer<Long> then) {
        give(() -> {
            long process = redis.process();
            long answer = run(() -> redis.pause(nanos)) + MS;
            boolean answers = !redis.silent();
            after(answer, () -> then.accept(answers && redis.process() == process && redis.running() && redis.role() == Role.MASTER ? (Long) redis.offset() : null));
            return answer;
        });
    }

    @Override
    public void unpause() {
        give(redis::unpause);
    }

    @Override
    public void dropClients() {}

    @Override
    public void kill() {
        long judged = redis.process();
        if (judged != unanswered) {
            servers.watch.killed(redis);
        }
        give(() -> {
            if (redis.process() == judged) {
                redis.kill();
            }
            return 0;
        });
    }
}
