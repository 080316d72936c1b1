package io.redisha.http;

import io.redisha.config.Invalid;
import io.redisha.config.Settings;
import io.redisha.config.SettingsReader;
import io.redisha.loop.Snapshot;
import io.redisha.loop.sentinel.DataSnapshot;
import io.redisha.loop.sentinel.WatcherSnapshot;
import io.redisha.model.Address;
import io.redisha.model.PodView;
import io.redisha.model.SentinelView;
import io.redisha.model.SentinelView.Known;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A release of three servers, of which redis-ha-1 is the master, and three sentinels; redis-ha-2 holds the Lease. */
final class SomeSentinels {

    private static final String SUFFIX = ".redis-ha-headless.ns.svc";

    private SomeSentinels() {}

    static Settings settings(int httpPort) {
        try {
            return SettingsReader.parse("""
                    architecture: sentinel
                    name: redis-ha
                    replicas: 3
                    services: {master: redis-ha-master, replicas: redis-ha-replicas, headless: redis-ha-headless, sentinelHeadless: redis-ha-sentinel-headless}
                    ports: {redis: 6379, http: %d, member: 8380, sentinel: 26379}
                    auth: {secretName: redis-ha}
                    labels: {selector: {app: redis}, sentinelSelector: {app: sentinel}}
                    sentinel: {name: redis-ha-sentinel, hostSuffix: redis-ha-headless.ns.svc, sentinelHostSuffix: redis-ha-sentinel-headless.ns.svc}
                    """.formatted(httpPort));
        } catch (Invalid e) {
            throw new IllegalArgumentException(e);
        }
    }

    static String sentinel(int ordinal) {
        return "redis-ha-sentinel-" + ordinal;
    }

    /** What a sentinel said a second ago. @param master host without its domain, as the sentinel names it */
    static SentinelView view(int ordinal, String master, long epoch, String... flags) {
        return new SentinelView(sentinel(ordinal), System.nanoTime() - 1_000_000_000L, true, new Address(master + SUFFIX, 6379), epoch, 2, Set.of(flags),
                List.of(known("redis-ha-0"), known("redis-ha-2")), List.of(known("one"), new Known("two", 26379, Set.of("s_down"), 0, null, 0)));
    }

    private static Known known(String host) {
        return new Known(host, 6379, Set.of("slave"), 100, null, 0);
    }

    static List<SentinelView> views() {
        return IntStream.range(0, 3).mapToObj(i -> view(i, "redis-ha-1", 4, "master")).toList();
    }

    /** Of both kinds; those of one ordinal share a node. */
    static List<PodView> pods(String ip) {
        return Stream.concat(IntStream.range(0, 3).mapToObj(i -> Some.podView(i, ip)),
                IntStream.range(0, 3).mapToObj(i -> new PodView(new io.redisha.model.MemberId(sentinel(i), "s" + i), ip, "node-" + i, false, true, "rev", Map.of(), Set.of())))
                .toList();
    }

    /** What the server's pod of this ordinal sees; the others' last answers are a second old. */
    static DataSnapshot data(int self, String ip, List<SentinelView> views, String... problems) {
        long now = System.nanoTime();
        return new DataSnapshot(now, Some.state(self, ip, 1000 + self), true, "", "redis-ha-1", 4, true, self == 1, "redis-ha-2", 7, now - 65_000_000_000L, true, 3,
                IntStream.range(0, 3).filter(i -> i != self).mapToObj(i -> new Snapshot.Sibling(Some.state(i, ip, 900), now - 1_000_000_000L)).toList(),
                views, pods(ip), List.of(problems));
    }

    static DataSnapshot ledBy(DataSnapshot s, String master) {
        return new DataSnapshot(s.at(), s.self(), s.ready(), s.unready(), master, s.epoch(), s.agreed(), s.serves(), s.office(), s.term(), s.since(), s.apiReachable(),
                s.replicas(), s.siblings(), s.sentinels(), s.pods(), s.problems());
    }

    static WatcherSnapshot watcher(int self, String... problems) {
        return new WatcherSnapshot(System.nanoTime(), sentinel(self), true, "", view(self, "redis-ha-1", 4, "master"), 2, 3,
                views().stream().filter(view -> !view.pod().equals(sentinel(self))).toList(), List.of(problems));
    }
}
