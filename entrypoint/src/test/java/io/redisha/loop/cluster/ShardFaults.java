package io.redisha.loop.cluster;

import io.redisha.simulation.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** One random run of a {@link ShardWorld}: faults, then the end of all of them, but for one pod that may never come back. */
final class ShardFaults {

    private static final double SETTLES = 60;

    final ShardWorld world;
    private final Random random;
    private final List<String> all = List.of("x-0", "x-1", "x-2", "x-3", "x-4");
    /** Whether one had to say who is to serve. */
    boolean person;

    ShardFaults(long seed) {
        random = new Random(seed * 7919);
        world = new ShardWorld(seed, true, Boolean.getBoolean("redisha.shard.story"));
    }

    void play() {
        world.pass(10 + random.nextInt(10));
        int faults = 3 + random.nextInt(8);
        for (int i = 0; i < faults; i++) {
            strike();
            world.pass(random.nextInt(3) == 0 ? random.nextDouble() : random.nextDouble() * 15);
        }
        String gone = random.nextInt(3) == 0 ? world.master() != null ? world.master().name : ShardWorld.SHARD.get(random.nextInt(3)) : null;
        if (gone != null) {
            world.pod(gone).kill();
        }
        world.heal();
        all.stream().filter(pod -> !pod.equals(gone)).forEach(pod -> world.pod(pod).start());
        world.pass(SETTLES);
        if (world.master() == null && gone != null) {
            person = true;
            ShardWorld.SHARD.stream().filter(pod -> !pod.equals(gone)).max((a, b) -> Integer.compare(world.pod(a).memory.last(), world.pod(b).memory.last())).ifPresent(world::elect);
            world.pass(10);
        }
        if (world.master() == null) {
            throw new Violation("nobody serves the shard" + (gone == null ? "" : ", " + gone + " is gone") + "\n" + world.simulation.story());
        }
    }

    private void strike() {
        String one = ShardWorld.SHARD.get(random.nextInt(3));
        switch (random.nextInt(10)) {
            case 0 -> comeBack(List.of(one), 30);
            case 1 -> comeBack(world.master() == null ? List.of(one) : List.of(world.master().name), 30);
            case 2 -> comeBack(ShardWorld.SHARD, 20);
            case 3 -> comeBack(all, 20);
            case 4 -> comeBack(List.of(all.get(3 + random.nextInt(2))), 10);
            case 5 -> {
                world.apiDown = true;
                world.simulation.after(seconds(60), () -> world.apiDown = false);
            }
            case 6 -> {
                world.noApi.add(one);
                world.simulation.after(seconds(40), () -> world.noApi.remove(one));
            }
            case 7 -> {
                List<String> others = new ArrayList<>(all);
                others.removeIf(other -> other.equals(one) || random.nextInt(3) == 0);
                others.forEach(other -> world.cut(one, other));
                world.simulation.after(seconds(20), world.cuts::clear);
            }
            case 8 -> {
                List<String> askers = new ArrayList<>(all);
                askers.removeIf(asker -> asker.equals(one) || random.nextBoolean());
                askers.forEach(asker -> world.unasked.add(asker + one));
                world.simulation.after(seconds(60), world.unasked::clear);
            }
            default -> {
                String other = world.master() == null || world.master().name.equals(one) ? ShardWorld.SHARD.get(random.nextInt(3)) : world.master().name;
                world.dataCuts.add(one.compareTo(other) < 0 ? one + other : other + one);
                world.simulation.after(seconds(40), world.dataCuts::clear);
            }
        }
    }

    private void comeBack(List<String> pods, int within) {
        pods.forEach(pod -> world.pod(pod).kill());
        pods.forEach(pod -> world.simulation.after(seconds(within), world.pod(pod)::start));
    }

    private long seconds(int most) {
        return (long) (random.nextDouble() * most * 1e9);
    }
}
