package io.redisha.command;

import io.redisha.config.PodEnvironment;
import io.redisha.config.Settings;
import io.redisha.decide.peers.Arguments;
import io.redisha.decide.peers.Gathering;
import io.redisha.http.HttpThread;
import io.redisha.http.Metrics;
import io.redisha.http.ProbeServer;
import io.redisha.http.RingGauges;
import io.redisha.loop.EventSink;
import io.redisha.loop.LoopThread;
import io.redisha.loop.peers.RingMember;
import io.redisha.model.MemberId;
import io.redisha.model.Sighting;
import java.io.IOException;
import java.util.List;

/** A pod of the architecture peers, whichever way its program is started: what is known of the ring, and how a program is told. */
final class Ring {

    /** "off" shows what rule G1 is good for; not for use. */
    private static final String RULE = "REDIS_HA_G1";

    private final Settings settings;
    private final PodEnvironment env;
    private final Arguments arguments;
    final RingMember member;

    /** @param startAgain ends the program so that it is started again */
    Ring(Settings settings, PodEnvironment env, EventSink events, Runnable startAgain) {
        Settings.Peers peers = settings.peers();
        // Without an agent beside each program there is no word of who has started: only more time tells.
        long silence = peers.mode() == Settings.Way.INIT ? peers.waitTimeout() : Math.min(Gathering.SILENCE, peers.waitTimeout());
        this.settings = settings;
        this.env = env;
        this.arguments = new Arguments(peers.command(), peers.args(), peers.argPerPeer(), peers.separator(), peers.port());
        this.member = new RingMember(env.pod(), new Gathering(!"off".equals(System.getenv(RULE)), peers.minPeers(), peers.parallel(), silence, peers.waitTimeout()),
                new RingSight(settings, env), events, startAgain, System::nanoTime, Run.WALL);
    }

    /** Of a program that is not ours to start: nobody can say which ring it is of, and so none is mended. */
    static Ring startedElsewhere(Settings settings, PodEnvironment env, EventSink events) {
        return new Ring(settings, env, events, () -> { });
    }

    /** Probes, metrics and status; the siblings read it too. */
    void show() throws IOException {
        Metrics metrics = new Metrics(Run.VERSION, RingGauges.of(member::snapshot, settings.peers().mode() == Settings.Way.ENTRYPOINT));
        ProbeServer.ofRing(new HttpThread("http"), settings.ports().http(), settings, member::snapshot, metrics, env.node());
    }

    /** Looks after the ring from now on. */
    void watch() {
        new LoopThread().start(() -> {
            try {
                member.turn();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    Arguments.Pod self() {
        return pod(env.pod(), env.ip());
    }

    List<Arguments.Pod> pods(List<Sighting> peers) {
        return peers.stream().map(peer -> pod(peer.pod(), peer.ip())).toList();
    }

    /** @param name null if it has none, and so no ordinal either */
    private Arguments.Pod pod(String name, String ip) {
        boolean named = name != null && settings.peers().style() == Settings.Style.NAMES;
        return new Arguments.Pod(name == null ? ip : name, named ? name + "." + settings.peers().hostSuffix() : ip, ip,
                name == null ? Integer.MAX_VALUE : MemberId.ordinal(name));
    }

    /** The program's whole command line. */
    List<String> command(List<Sighting> peers) {
        return arguments.expand(self(), pods(peers));
    }

    /** Between peers where they are one text. */
    String separator() {
        return arguments.separator().isEmpty() ? "," : arguments.separator();
    }

    List<String> arguments(List<Sighting> peers) {
        return arguments.arguments(self(), pods(peers));
    }

    /** Each as the program wants it written. */
    List<String> list(List<Sighting> peers) {
        return arguments.list(self(), pods(peers));
    }
}
