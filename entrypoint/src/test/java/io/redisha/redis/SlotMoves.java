package io.redisha.redis;

import io.redisha.decide.cluster.Belonging;
import io.redisha.decide.cluster.ClusterView;
import io.redisha.decide.cluster.Plan;
import io.redisha.decide.cluster.Shaping;
import io.redisha.decide.cluster.Step;
import io.redisha.loop.cluster.Nodes;
import io.redisha.loop.cluster.Nodes.Failed;
import io.redisha.loop.cluster.Nodes.Node;
import io.redisha.loop.cluster.Nodes.Permit;
import io.redisha.model.NodeState;
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
    private static final long LOOK = 250 * MS;
    private static final long CLOSE = 10_000 * MS;

    /** What befalls whom. */
    enum Fault {
        MOVER_DIES, MOVER_FREEZES, SOURCE_DIES, TARGET_DIES, SOURCE_STOPS, TARGET_STOPS, MIGRATE_NOT_SENT, MIGRATE_NOT_HEARD, SOURCE_AND_MOVER_DIE, TARGET_AND_MOVER_DIE;

        /** Of a server, unplanned. */
        boolean isDeath() {
            return this == SOURCE_DIES || this == TARGET_DIES || this == SOURCE_AND_MOVER_DIE || this == TARGET_AND_MOVER_DIE;
        }
    }

    final SimulatedCluster cluster;
    private final Simulation sim;
    private final Map<Integer, Fault> faults;
    /** Every command of the mover, as far as that is its name. */
    final List<String> commands = new ArrayList<>();
    final Set<Fault> struck = new HashSet<>();
    private int leader;
    private Set<String> moving = Set.of();
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
        cluster.fate = (at, command) -> { };   // what dies now would not be back before all is looked at
        for (int round = 0; round < 4; round++) {
            sim.pass(500 * MS);
            round();
        }
        List<String> wrong = new ArrayList<>(cluster.check());
        if (!done) {
            wrong.add("no end: " + trouble);
        }
        return wrong;
    }

    String trouble() {
        return trouble;
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
            } else if (!busy && able) {
                gather(me);
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
                states(), pods, Map.of(), ids);
    }

    /** The pod that leads is of the shard that has nothing to do with it. */
    private List<NodeState> states() {
        return cluster.nodes.stream().map(n -> cluster.state(n, n == cluster.nodes.get(SimulatedCluster.SHARDS - 1) ? moving : Set.of())).toList();
    }

    private void move(int me, SimulatedNode from, SimulatedNode to, Slots slots) throws Failed {
        moving = Set.of(from.pod, to.pod);   // is said before anybody is asked
        Permit permit = new Permit() {
            private boolean allowed = Shaping.mayOpen(view(), from.pod, to.pod);
            private long asked = sim.now();

            @Override
            public boolean leads() {
                return me == leader;
            }

            @Override
            public boolean mayOpen() {
                if (sim.now() - asked > LOOK) {
                    asked = sim.now();
                    allowed = Shaping.mayOpen(view(), from.pod, to.pod);
                }
                return leads() && allowed;
            }
        };
        try (Mover mover = new Mover(node(from), node(to), others(from, to), cluster, null, (moved, keys) -> { }, permit)) {
            mover.move(slots);
        } finally {
            moving = Set.of();
        }
    }

    /** As the shaper does it. */
    private void stable(int me, SimulatedNode at, int slot) throws Failed {
        for (SimulatedNode one : at.id.equals(at.table.get(slot)) ? cluster.nodes : List.<SimulatedNode>of()) {
            if (one != at && one.up && one.isMaster() && !SlotKeys.withKeys(cluster.link(node(one)), Slots.of(slot)).isEmpty()) {
                move(me, at, one, Slots.of(slot));
                return;
            }
        }
        cluster.link(node(at)).call("CLUSTER", "SETSLOT", Integer.toString(slot), "STABLE");
    }

    /** Likewise. */
    private void gather(int me) throws Failed {
        for (SimulatedNode holder : cluster.nodes) {
            if (holder.up && holder.isMaster()) {
                for (int slot : SlotKeys.withKeys(cluster.link(node(holder)), cluster.moving.minus(cluster.owned(holder, holder))).toArray()) {
                    SimulatedNode owner = cluster.nodes.stream().filter(n -> n.up && n.isMaster() && n != holder && n.id.equals(n.table.get(slot))).findFirst().orElse(null);
                    if (owner != null) {
                        move(me, owner, holder, Slots.of(slot));
                    }
                }
            }
        }
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
        if (!node.isMaster()) {
            sim.after(30 * MS, () -> {
                cluster.crash(node);
                node.stopping = false;
            });
            return;
        }
        boolean waits = !node.up || Belonging.isOpen(cluster.state(node, Set.of()), states()) && sim.now() - since < CLOSE;
        // what it has seen may be as old as this
        sim.after((1 + sim.random.nextInt(50)) * MS, () -> {
            if (!waits) {
                cluster.handOver(node);
            }
            handOver(node, since);
        });
    }
}
