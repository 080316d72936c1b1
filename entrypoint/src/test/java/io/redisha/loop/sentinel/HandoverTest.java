package io.redisha.loop.sentinel;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.decide.Failover;
import io.redisha.decide.Stillness;
import io.redisha.decide.sentinel.Belief;
import io.redisha.decide.sentinel.Hosts;
import io.redisha.decide.sentinel.Sight;
import io.redisha.loop.Journal;
import io.redisha.loop.Peers.Peer;
import io.redisha.loop.Server;
import io.redisha.model.Address;
import io.redisha.model.Data;
import io.redisha.model.MemberId;
import io.redisha.model.MemberState;
import io.redisha.model.Reason;
import io.redisha.model.Role;
import io.redisha.model.SentinelView;
import io.redisha.model.SentinelView.Known;
import io.redisha.model.ServerInfo;
import io.redisha.model.ServerView;
import io.redisha.model.Timings;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** r-0 hands over to r-1; what r-1 answers comes when the test says so. */
class HandoverTest {

    private static final long MS = Timings.MS;
    private static final Hosts REDIS = new Hosts("r", "h", 6379);

    private long now = 1_000_000 * MS;
    private final List<String> acts = new ArrayList<>();
    private final List<String> noted = new ArrayList<>();
    private final List<String> outcomes = new ArrayList<>();
    private Consumer<MemberState> question;
    private final Handover handover = new Handover(new DataMember.Ports(null, new Target(), server(), new Told(), null, new Written(), null),
            new DataMember.Policy(REDIS, new Hosts("s", "sh", 26379), 3, 3, 0, 100, true, 15_000 * MS, Timings.defaults()), "r-0", () -> now);

    @Test
    void hasASentinelPromoteWhoeverHasCaughtUp() {
        begin();
        answer(1_000);
        assertThat(acts).contains("pause", "failover s-0");
    }

    /** Finding R10: the pause may be over, and what was written since is not counted. */
    @Test
    void anAnswerThatComesAfterTheDeadlineCountsForNothing() {
        begin();
        now += 4_001 * MS;
        answer(1_000);
        assertThat(acts).doesNotContain("failover s-0");

        handover.step(sight(), true);
        assertThat(outcomes).containsExactly("r-1 did not catch up in time");
        assertThat(acts).contains("unpause").doesNotContain("failover s-0", "fence");
    }

    /** That it is the master is so, whenever it says it. */
    @Test
    void whoSaysThatItIsTheMasterIsBelievedAlsoLate() {
        begin();
        answer(1_000);
        now += 20 * MS;
        handover.step(sight(), true);
        now += 4_000 * MS;
        question.accept(state(1, Role.MASTER, 1_000, true));
        assertThat(acts).contains("fence");
        assertThat(outcomes).containsExactly((String) null);
    }

    /** Rule H7: a sibling whose server has just died says nothing of what it can save. */
    @Test
    void choosesNobodyWhoseServerIsGone() {
        MemberState there = state(1, Role.REPLICA, 1_000, false);
        assertThat(Handover.target(sight(there), null, null, m -> Failover.saves(m.server()))).isSameAs(there);
        assertThat(Handover.target(sight(there.server(null)), null, null, m -> Failover.saves(m.server()))).isNull();
    }

    private void begin() {
        handover.begin(new Peer("r-1", "ip1"), Reason.SWITCHOVER, outcomes::add);
        handover.step(sight(), true);
        assertThat(question).isNotNull();
    }

    private void answer(long offset) {
        question.accept(state(1, Role.REPLICA, offset, false));
    }

    private Sight sight(MemberState... siblings) {
        List<SentinelView> views = List.of(new SentinelView("s-0", now, true, REDIS.of("r-0"), 5, 2, Set.of(), List.of(new Known("r-1.h", 6379, Set.of(), 1, "r-0.h", 0)), List.of()));
        MemberState me = state(0, Role.MASTER, 1_000, true);
        return new Sight(now, REDIS, 3, me, new ServerView(true, me.server(), now), Stillness.begin(now), 0, new Belief("r-0", REDIS.of("r-0"), 5), 0, true, views,
                List.of(siblings), 0, Map.of("r-0", "ip0"), null, false, true, "d", now, now);
    }

    private static MemberState state(int ordinal, Role role, long offset, boolean open) {
        ServerInfo info = new ServerInfo("run" + ordinal, role, "h", "", offset, -1, false, false, role == Role.REPLICA, false, 100,
                role == Role.MASTER ? null : new Address("ip0", 6379), 1, 1);
        return new MemberState(new MemberId("r-" + ordinal, "u"), new Address("ip" + ordinal, 6379), 5, false, open, true, info, new Data("d", 5, "h", "", -1, offset, true, false), "1", false);
    }

    @SuppressWarnings("unchecked")
    private Server server() {
        return (Server) Proxy.newProxyInstance(Server.class.getClassLoader(), new Class<?>[] {Server.class}, (proxy, method, arguments) -> {
            acts.add(method.getName());
            switch (method.getName()) {
                case "pause" -> ((Consumer<Long>) arguments[1]).accept(1_000L);
                case "fence" -> ((Runnable) arguments[arguments.length - 1]).run();
                default -> { }
            }
            return null;
        });
    }

    private final class Target implements Siblings {
        @Override
        public void ask(Peer to, Consumer<MemberState> then) {
            question = then;
        }

        @Override
        public void prefer(Peer to, boolean preferred, Consumer<String> then) {
            then.accept(null);
        }
    }

    private final class Told implements Sentinels {
        @Override
        public void watch(List<Peer> sentinels) {}

        @Override
        public void failover(String pod, Consumer<String> then) {
            acts.add("failover " + pod);
            then.accept(null);
        }

        @Override
        public void reset(String pod, Consumer<String> then) {}

        @Override
        public void set(String pod, String option, String value, Consumer<String> then) {}
    }

    private final class Written implements Journal {
        @Override
        public void note(Act act, Reason reason, long term, String detail) {
            noted.add(act + " " + reason + " " + detail);
        }

        @Override
        public void renewed(boolean success, long nanos) {}
    }
}
