package io.redisha.http;

import io.redisha.config.Invalid;
import io.redisha.config.Settings;
import io.redisha.config.SettingsReader;
import io.redisha.loop.Snapshot;
import io.redisha.model.Address;
import io.redisha.model.Data;
import io.redisha.model.Heartbeat;
import io.redisha.model.Identity;
import io.redisha.model.LeaseRecord;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberId;
import io.redisha.model.MemberState;
import io.redisha.model.Mode;
import io.redisha.model.PodView;
import io.redisha.model.Role;
import io.redisha.model.ServerInfo;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/** A release of three pods of which redis-ha-1 leads, in pieces. */
final class Some {

    private Some() {}

    static Settings settings(int httpPort) {
        try {
            return SettingsReader.parse("""
                    architecture: replication
                    name: redis-ha
                    replicas: 3
                    services: {master: redis-ha-master, replicas: redis-ha-replicas, headless: redis-ha-headless}
                    ports: {redis: 6379, http: %d, member: 8380}
                    auth: {secretName: redis-ha}
                    labels: {selector: {app: redis}}
                    """.formatted(httpPort));
        } catch (Invalid e) {
            throw new IllegalArgumentException(e);
        }
    }

    static String pod(int ordinal) {
        return "redis-ha-" + ordinal;
    }

    static MemberId id(int ordinal) {
        return new MemberId(pod(ordinal), "u" + ordinal);
    }

    static Heartbeat heartbeat(long sequence) {
        return new Heartbeat(new Identity(pod(1), "u1", "i1"), new Address("10.0.0.1", 6379), 4, sequence, true, "set-1", true);
    }

    static ServerInfo server(Role role, long offset) {
        return new ServerInfo("run", role, "replid-1", "", offset, -1, false, false, role == Role.REPLICA, false, 100,
                role == Role.REPLICA ? new Address("10.0.0.1", 6379) : null, 2, 1);
    }

    /** @param host where its agent is */
    static MemberState state(int ordinal, String host, long offset) {
        boolean leads = ordinal == 1;
        return new MemberState(id(ordinal), new Address(host, 6379), 4, leads, leads, true, server(leads ? Role.MASTER : Role.REPLICA, offset),
                Data.NONE, "rev", false);
    }

    static PodView podView(int ordinal, String ip) {
        return new PodView(id(ordinal), ip, "node-" + ordinal, false, true, "rev", Map.of("role", ordinal == 1 ? "master" : "replica"), Set.of());
    }

    static LeaseView lease() {
        return new LeaseView.Present(new LeaseRecord(new Identity(pod(1), "u1", "i1"), 4, Mode.MEMBERS, List.of(id(0), id(1), id(2)), "set-1",
                "replid-1", 100, false, List.of(pod(0)), pod(1), null, Instant.EPOCH), "77");
    }

    /** What the pod of this ordinal sees; the others' last answers are four seconds old. */
    static Snapshot snapshot(int self, List<String> problems, String... ips) {
        long now = System.nanoTime();
        return new Snapshot(now, state(self, ips[self], 1000 + self), true, "", lease(), pod(1), now - 65_000_000_000L, true, true,
                IntStream.range(0, ips.length).filter(i -> i != self)
                        .mapToObj(i -> new Snapshot.Sibling(state(i, ips[i], 900), now - 4_000_000_000L)).toList(),
                IntStream.range(0, ips.length).mapToObj(i -> podView(i, ips[i])).toList(), problems);
    }

    static Snapshot unready(Snapshot s, String why) {
        return new Snapshot(s.at(), s.self(), false, why, s.lease(), s.leader(), s.since(), s.apiReachable(), s.valid(), s.siblings(), s.pods(),
                s.problems());
    }

    static Snapshot at(Snapshot s, long at) {
        return new Snapshot(at, s.self(), s.ready(), s.unready(), s.lease(), s.leader(), s.since(), s.apiReachable(), s.valid(), s.siblings(),
                s.pods(), s.problems());
    }

    static Snapshot ledBy(Snapshot s, String leader) {
        return new Snapshot(s.at(), state(0, "127.0.0.1", 5), s.ready(), s.unready(), s.lease(), leader, s.since(), s.apiReachable(), s.valid(),
                s.siblings(), s.pods(), s.problems());
    }
}
