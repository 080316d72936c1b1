package io.redisha.redis;

import io.redisha.decide.cluster.ClusterView;
import io.redisha.decide.cluster.Plan;
import io.redisha.decide.cluster.Shaping;
import io.redisha.decide.cluster.Step;
import io.redisha.loop.cluster.Nodes;
import io.redisha.loop.cluster.Nodes.Failed;
import io.redisha.loop.cluster.Nodes.Node;
import io.redisha.model.Shape;
import io.redisha.model.Slots;
import io.redisha.simulation.Simulation;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One run: slots move from one shard of a {@link SimulatedCluster} to another, and something befalls somebody before certain commands of the
 * mover. What is half moved is closed as {@link Shaping} decides, by whoever leads then; the rest is moved until nothing is left.
 */
final class SlotMoves {

    private static final long MS = Simulation.MS;
    private static final int ROUNDS = 400;

    /** What befalls whom. */
    enum Fault {
        MOVER_DIES, MOVER_FREEZES, SOURCE_DIES, TARGET_DIES, SOURCE_STOPS, TARGET_STOPS, MIGRATE_NOT_SENT, MIGRATE_NOT_HEARD, SOURCE_AND_MOVER_DIE, TARGET_AND_MOVER_DIE;

        boolean isPlanned() {
            return this == SOURCE_STOPS || this == TARGET_STOPS;
        }

        boolean isOfTheSource() {
            return this == SOURCE_DIES || this == SOURCE_AND_MOVER_DIE;
        }
    }

    final SimulatedCluster cluster;
    private final Simulation sim;
    private final Map<Integer, Fault> faults;
    /** Every command of the mover, as far as that is its name. */
    final List<String> commands = new ArrayList<>();
    final Set<Fault> struck = new HashSet<>();
    private int leader;
    private String trouble = "";

    /** @param faults by the number of the mover's command before which they happen */
    SlotMoves(long seed, boolean valkey, int replicas, Map<Integer, Fault> faults, boolean tracing) {
        sim = new Simulation(seed, Simulation.S, tracing);
        cluster = new SimulatedCluster(sim, valkey, replicas);
        cluster.lagging = sim.random.nextInt(3) == 0;
        cluster.excusesMoved = true;
        cluster.fate = this::strike;
        this.faults = faults;
        sim.say("seed " + seed + (valkey ? ", Valkey, " : ", Redis, ") + faults);
    }

    /** @return what is wrong in the end */
    List<String> run() {
        sim.pass(30 * MS);
        boolean done = false;
        for (int round = 0; round < ROUNDS && !done; round++) {
            round();
            sim.pass((20 + sim.random.nextInt(60)) * MS);
            done = isDone();
        }
        cluster.quiet = true;
        cluster.lagging = false;
        for (int round = 0; round < 20; round++) {
            sim.pass(200 * MS);
            round();
        }
        List<String> wrong = new ArrayList<>(cluster.check());
        if (!done) {
            wrong.add("no end: " + trouble);
        }
        return wrong;
    }

    String story() {
        return sim.story();
    }

    private boolean isDone() {
        return left().isEmpty() && cluster.nodes.stream().allMatch(n -> n.up && !n.stopping && !(n.isMaster() && n.isOpen()));
    }

    /** Slots that are not the target's yet. */
    private Slots left() {
        Slots left = Slots.NONE;
        for (int slot : cluster.moving.toArray()) {
            SimulatedNode target = cluster.master(SimulatedCluster.TARGET);
            if (!target.id.equals(target.table.get(slot))) {
                left = left.plus(Slots.of(slot));
            }
        }
        return left;
    }

    // ---- the leader

    private void round() {
        int me = leader;
        try {
            Plan plan = Shaping.decide(view());
            boolean busy = false;
            for (Step step : plan instanceof Plan.Go go ? go.steps() : List.<Step>of()) {
                if (step instanceof Step.Move move) {
                    busy = true;
                    move(me, cluster.byPod(move.from()), cluster.byPod(move.to()), move.slots());
                } else if (step instanceof Step.Stable stable) {
                    busy = true;
                    stable(me, cluster.byPod(stable.pod()), stable.slot());
                }
            }
            SimulatedNode source = cluster.master(SimulatedCluster.SOURCE);
            SimulatedNode target = cluster.master(SimulatedCluster.TARGET);
            boolean able = cluster.nodes.stream().filter(SimulatedNode::isMaster).noneMatch(n -> !n.up || n.stopping || n.isOpen());
            if (!busy && able && !left().isEmpty()) {
                move(me, source, target, left());
            }
        } catch (Failed e) {
            trouble = e.getMessage();
            sim.say("failed: " + trouble);
        } catch (SimulatedCluster.Killed e) {
            sim.say("the mover is gone");
        }
    }

    private ClusterView view() {
        Set<String> pods = new LinkedHashSet<>();
        Map<String, String> ids = new java.util.HashMap<>();
        cluster.nodes.forEach(n -> {
            pods.add(n.pod);
            ids.put(n.pod, n.id);
        });
        return new ClusterView(Shape.of(SimulatedCluster.SHARDS, cluster.nodes.size() / SimulatedCluster.SHARDS - 1), "d", false,
                cluster.nodes.stream().map(cluster::state).toList(), pods, Map.of(), ids);
    }

    private void move(int me, SimulatedNode from, SimulatedNode to, Slots slots) throws Failed {
        try (Mover mover = new Mover(node(from), node(to), others(from, to), cluster, null, (moved, keys) -> { }, () -> me == leader)) {
            mover.move(slots);
        }
    }

    private void stable(int me, SimulatedNode at, int slot) throws Failed {
        cluster.link(node(at)).call("CLUSTER", "SETSLOT", Integer.toString(slot), "STABLE");
    }

    private List<Node> others(SimulatedNode... but) {
        return cluster.nodes.stream().filter(n -> n.up && n.isMaster() && !List.of(but).contains(n)).map(SlotMoves::node).toList();
    }

    private static Node node(SimulatedNode node) {
        return new Nodes.Node(node.id, node.pod, node.address);
    }

    // ---- what befalls it

    private void strike(SimulatedNode at, String command) {
        int number = commands.size();
        commands.add(name(at, command));
        Fault fault = faults.get(number);
        if (fault == null) {
            return;
        }
        struck.add(fault);
        sim.say("" + fault);
        switch (fault) {
            case MOVER_DIES -> die();
            case MOVER_FREEZES -> {
                leader++;
                for (int round = 0; round < 5; round++) {
                    sim.pass(50 * MS);
                    round();
                }
            }
            case SOURCE_DIES -> cluster.crash(cluster.master(SimulatedCluster.SOURCE));
            case TARGET_DIES -> cluster.crash(cluster.master(SimulatedCluster.TARGET));
            case SOURCE_STOPS -> stop(cluster.master(SimulatedCluster.SOURCE));
            case TARGET_STOPS -> stop(cluster.master(SimulatedCluster.TARGET));
            case MIGRATE_NOT_SENT -> cluster.cut = SimulatedCluster.Cut.BEFORE;
            case MIGRATE_NOT_HEARD -> cluster.cut = SimulatedCluster.Cut.AFTER;
            case SOURCE_AND_MOVER_DIE -> {
                cluster.crash(cluster.master(SimulatedCluster.SOURCE));
                die();
            }
            case TARGET_AND_MOVER_DIE -> {
                cluster.crash(cluster.master(SimulatedCluster.TARGET));
                die();
            }
        }
    }

    private void die() {
        leader++;
        throw new SimulatedCluster.Killed();
    }

    /** {@code SETSLOT IMPORTING at TARGET}. */
    private static String name(SimulatedNode at, String command) {
        String[] words = command.split(" ");
        String what = words[0].equals("CLUSTER") ? words[1].equals("SETSLOT") ? "SETSLOT " + words[3] : words[1] : words[0];
        return what + " at " + (at.shard == SimulatedCluster.SOURCE ? "source" : at.shard == SimulatedCluster.TARGET ? "target" : "another");
    }

    /** Its pod is told to stop: it hands over, ends, and comes back as a replica. */
    private void stop(SimulatedNode node) {
        if (!node.stopping && node.up && node.isMaster()) {
            node.stopping = true;
            sim.after((5 + sim.random.nextInt(30)) * MS, () -> handOver(node, sim.now()));
        }
    }

    private void handOver(SimulatedNode node, long since) {
        boolean over = !node.isMaster();
        if (!over && node.up && mayHandOver(node)) {
            over = cluster.handOver(node);
        }
        if (over) {
            sim.after(30 * MS, () -> {
                cluster.crash(node);
                node.stopping = false;
            });
        } else if (sim.now() - since < 20_000 * MS) {
            sim.after(10 * MS, () -> handOver(node, since));
        } else {
            node.stopping = false;
        }
    }

    private boolean mayHandOver(SimulatedNode node) {
        return true;
    }
}
