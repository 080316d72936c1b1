package io.redisha.loop.peers;

import io.redisha.decide.peers.Gathering;
import io.redisha.model.PeerState;
import io.redisha.model.Sighting;
import io.redisha.simulation.Simulation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Pods of a ring on one clock. The programs gossip: who joins one joins its whole ring, a ring remembers its members through a partition,
 * and a program that can join nobody of those it was given ends.
 */
final class RingWorld {

    static final long STEP = 100 * Simulation.MS;
    static final long SECOND = Simulation.S;
    /** An address is in DNS this long after its pod was started, and after it is gone. */
    private static final long DNS = 2 * SECOND;

    final class Pod implements Surroundings {

        final String name;
        final int ordinal;
        RingMember member;
        String ip;
        boolean alive;
        long agentAt;
        long programAt = -1;
        boolean joined;
        List<Sighting> given = List.of();
        long nextLook;
        boolean gathering;
        int side;
        int ends;

        Pod(int ordinal) {
            this.ordinal = ordinal;
            this.name = "x-" + ordinal;
        }

        boolean answering() {
            return alive && programAt >= 0 && now() >= programAt && joined;
        }

        @Override
        public Seen look(boolean programs) {
            List<Sighting> others = new ArrayList<>();
            dns.forEach((pod, at) -> {
                if (!pod.equals(name)) {
                    Pod there = pods.get(pod);
                    boolean reached = there.alive && there.ip.equals(at) && there.side == side;
                    PeerState state = reached && there.agentAt <= now() ? there.member.snapshot().self() : null;
                    others.add(new Sighting(pod, at, programs && reached && there.answering(), state));
                }
            });
            return new Seen(ip.equals(dns.get(name)), others);
        }

        @Override
        public boolean answers() {
            return answering();
        }
    }

    final Simulation simulation;
    final boolean joinAll;
    final Map<String, Pod> pods = new HashMap<>();
    /** Each ring's members, as runs of programs. */
    final List<Set<Pod>> rings = new ArrayList<>();
    /** Times that a program was started again because there were two rings. */
    int rejoins;
    private int addresses;
    /** What DNS gives. */
    private final Map<String, String> dns = new HashMap<>();

    RingWorld(int count, boolean joinAll, long seed) {
        this.simulation = new Simulation(seed, 1_000_000 * SECOND, false);
        this.joinAll = joinAll;
        for (int i = 0; i < count; i++) {
            Pod pod = new Pod(i);
            pods.put(pod.name, pod);
        }
        simulation.after(STEP, this::step);
    }

    private long now() {
        return simulation.now();
    }

    Pod pod(int ordinal) {
        return pods.get("x-" + ordinal);
    }

    private void name(Pod pod, String ip) {
        simulation.after(DNS, () -> dns.put(pod.name, ip));
    }

    /** A pod of that name, with another address. */
    void start(int ordinal) {
        Pod pod = pod(ordinal);
        pod.ip = "10.0." + addresses / 250 + "." + addresses++ % 250;
        name(pod, pod.ip);
        startContainer(pod, simulation.random.nextLong(2 * SECOND));
    }

    private void startContainer(Pod pod, long after) {
        pod.alive = true;
        pod.agentAt = now() + after;
        pod.programAt = -1;
        pod.joined = false;
        pod.gathering = true;
        pod.nextLook = pod.agentAt;
        pod.member = new RingMember(pod.name, new Gathering(joinAll, 0, false, Gathering.SILENCE, 30 * SECOND), pod, (warning, reason, message) -> { }, () -> {
            rejoins++;
            endProgram(pod, 0);
        },
                this::now, () -> Instant.ofEpochSecond(now() / SECOND));
        pod.member.begin();
    }

    /** Its agent and its program are gone, without a word. */
    void kill(int ordinal) {
        Pod pod = pod(ordinal);
        pod.alive = false;
        leave(pod);
        simulation.after(DNS, () -> dns.remove(pod.name));
    }

    /** In the same pod, with the same address. */
    void restartContainer(int ordinal) {
        leave(pod(ordinal));
        startContainer(pod(ordinal), SECOND + simulation.random.nextLong(SECOND));
    }

    private void leave(Pod pod) {
        rings.forEach(ring -> ring.remove(pod));
        rings.removeIf(Set::isEmpty);
    }

    private void endProgram(Pod pod, long pause) {
        leave(pod);
        pod.ends++;
        pod.programAt = -1;
        pod.joined = false;
        pod.gathering = true;
        pod.nextLook = now() + pause;
        pod.member.begin();
    }

    /** Puts each pod on a side; 0 for all heals. */
    void partition(int... sides) {
        for (int i = 0; i < sides.length; i++) {
            pod(i).side = sides[i];
        }
    }

    private void step() {
        for (Pod pod : pods.values()) {
            if (pod.alive && pod.agentAt <= now()) {
                try {
                    step(pod);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        }
        simulation.after(STEP, this::step);
    }

    private void step(Pod pod) throws InterruptedException {
        if (pod.gathering) {
            if (now() >= pod.nextLook) {
                pod.nextLook = now() + 3 * STEP;
                List<Sighting> found = pod.member.step();
                if (found != null) {
                    pod.given = found;
                    pod.gathering = false;
                    pod.programAt = now() + STEP + simulation.random.nextLong(2 * SECOND);
                }
            }
        } else if (!pod.joined && now() >= pod.programAt) {
            join(pod);
        }
        pod.member.turn();
    }

    private void join(Pod pod) {
        Set<Pod> ring = new HashSet<>(Set.of(pod));
        boolean any = false;
        for (Sighting peer : pod.given) {
            Pod there = pods.get(peer.pod());
            if (there.answering() && there.ip.equals(peer.ip()) && there.side == pod.side) {
                Set<Pod> its = rings.stream().filter(r -> r.contains(there)).findFirst().orElseThrow();
                rings.remove(its);
                its.addAll(ring);
                ring = its;
                rings.add(ring);
                any = true;
                rings.removeIf(r -> r != its && its.containsAll(r));
            }
        }
        if (!any && !pod.given.isEmpty()) {
            endProgram(pod, 2 * SECOND);
            return;
        }
        pod.joined = true;
        if (!any) {
            rings.add(ring);
        }
    }
}
