package io.redisha.http;

import io.redisha.loop.Snapshot;
import io.redisha.model.Heartbeat;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberState;
import io.redisha.model.Vote;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/** Both ports of a member of a replication, for a JVM of its own that has the image's heap. Prints the two ports, and lives until its stdin ends. */
final class SmallAgent {

    static final String PASSWORD = "pw";

    private SmallAgent() {}

    public static void main(String[] args) throws Exception {
        Snapshot snapshot = Some.snapshot(1, List.of(), "127.0.0.9", "127.0.0.1", "127.0.0.8");
        ExecutorService loop = Executors.newSingleThreadExecutor(Thread.ofPlatform().name("loop").daemon().factory());
        ProbeServer probes = ProbeServer.ofMember(new HttpThread("http"), 0, Some.settings(8379), () -> fresh(snapshot),
                new Metrics("x", Gauges.ofMember(() -> snapshot)));
        HttpThread members = new HttpThread("member");
        Token token = new Token(PASSWORD);
        PeerClient peers = new PeerClient(members, 0, token, 1_500_000_000L, loop, (address, then) -> { });
        MemberServer member = new MemberServer(members, 0, token, loop, new Calm(), loop::execute, () -> snapshot, peers, 3_000_000_000L);
        System.out.println(probes.port() + " " + member.port());
        while (System.in.read() >= 0) {
            // the test goes on
        }
    }

    private static Snapshot fresh(Snapshot snapshot) {
        return Some.at(snapshot, System.nanoTime());
    }

    private static final class Calm implements MemberServer.Answers {

        @Override
        public Heartbeat.Reply onHeartbeat(Heartbeat heartbeat) {
            return new Heartbeat.Reply(true, heartbeat.sequence(), onAsk());
        }

        @Override
        public Vote.Reply onVote(Vote vote) {
            return new Vote.Reply(true, vote.term(), onAsk());
        }

        @Override
        public MemberState onAsk() {
            return Some.state(1, "127.0.0.1", 100);
        }

        @Override
        public void onTold(LeaseView.Present lease) {
            // nothing changes
        }

        @Override
        public void onSwitchover(String to, Consumer<String> outcome) {
            outcome.accept("nobody else is there");
        }
    }
}
