package io.redisha.http;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.redisha.loop.Snapshot;
import io.redisha.loop.cluster.ClusterSnapshot;
import io.redisha.loop.sentinel.DataSnapshot;
import io.redisha.loop.sentinel.WatcherSnapshot;
import io.redisha.model.ClusterNode;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberState;
import io.redisha.model.SentinelView;
import io.redisha.model.Slots;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** What Prometheus is told of the last snapshot. NaN is what is not known. */
public interface Gauges {

    /** The label that tells sentinels apart. */
    String SENTINEL = "sentinel";

    void register(PrometheusRegistry registry);

    /** Of a replication. @param snapshot gives null until the loop runs */
    static Gauges ofMember(Supplier<Snapshot> snapshot) {
        return registry -> {
            GaugeBoard<Snapshot> board = new GaugeBoard<>(registry, snapshot);
            board.role(s -> s.self().running() && s.self().server() != null ? s.self().server().role() : null);
            board.gauge("redis_ha_leader", "1 if this pod holds the Lease", s -> truth(s.self().leading()));
            board.gauge("redis_ha_writable", "1 if the server accepts writes", s -> truth(s.self().writable()));
            board.gauge("redis_ha_ready", "1 if /readyz says so", s -> truth(s.ready()));
            board.gauge("redis_ha_term", "Number of changes of leader that this pod knows of", s -> s.self().term());
            board.gauge("redis_ha_offset", "Replication offset in bytes", s -> s.self().server() == null ? Double.NaN : s.self().server().offset());
            board.gauge("redis_ha_members", "Members that the Lease counts",
                    s -> s.lease() instanceof LeaseView.Present present ? present.record().members().size() : Double.NaN);
            board.gauge("redis_ha_api_reachable", "1 if the Kubernetes API answered the last request", s -> truth(s.apiReachable()));
            // "pod" is what Prometheus itself calls the scraped pod.
            board.gauges("redis_ha_replica_lag_bytes", "Bytes that a replica is behind, as the leader sees it", "replica",
                    s -> s.self().leading() ? lags(s.self(), s.siblings()) : Map.of());
        };
    }

    private static Map<String, Double> lags(MemberState self, List<Snapshot.Sibling> siblings) {
        Map<String, Double> lags = new TreeMap<>();
        siblings.forEach(sibling -> {
            Long lag = MemberRow.lag(self, sibling.state());
            if (lag != null) {
                lags.put(sibling.state().id().pod(), lag.doubleValue());
            }
        });
        return lags;
    }

    /** Of a server that sentinels watch over. @param snapshot gives null until the loop runs */
    static Gauges ofData(Supplier<DataSnapshot> snapshot) {
        return registry -> {
            GaugeBoard<DataSnapshot> board = new GaugeBoard<>(registry, snapshot);
            board.role(s -> s.self().running() && s.self().server() != null ? s.self().server().role() : null);
            board.gauge("redis_ha_leader", "1 if this pod holds the Lease and looks after the sentinels", s -> truth(s.self().id().pod().equals(s.office())));
            board.gauge("redis_ha_writable", "1 if the server accepts writes", s -> truth(s.self().writable()));
            board.gauge("redis_ha_ready", "1 if /readyz says so", s -> truth(s.ready()));
            board.gauge("redis_ha_term", "Number of changes of leader that this pod knows of", DataSnapshot::term);
            board.gauge("redis_ha_epoch", "Configuration epoch of the master that this pod goes by", DataSnapshot::epoch);
            board.gauge("redis_ha_offset", "Replication offset in bytes", s -> s.self().server() == null ? Double.NaN : s.self().server().offset());
            board.gauge("redis_ha_members", "Servers that there are to be", DataSnapshot::replicas);
            board.gauge("redis_ha_api_reachable", "1 if the Kubernetes API answered the last request", s -> truth(s.apiReachable()));
            board.gauge("redis_ha_problems", "Problems that status shows in words, as this pod knows them", s -> s.problems().size());
            board.gauges("redis_ha_replica_lag_bytes", "Bytes that a replica is behind, as the master's agent sees it", "replica",
                    s -> s.serves() ? lags(s.self(), s.siblings()) : Map.of());
            sentinels(board, DataSnapshot::sentinels);
        };
    }

    /** Of a sentinel. @param snapshot gives null until the loop runs */
    static Gauges ofWatcher(Supplier<WatcherSnapshot> snapshot) {
        return registry -> {
            GaugeBoard<WatcherSnapshot> board = new GaugeBoard<>(registry, snapshot);
            board.gauge("redis_ha_ready", "1 if /readyz says so", s -> truth(s.ready()));
            board.gauge("redis_ha_problems", "Problems that status shows in words, as this pod knows them", s -> s.problems().size());
            sentinels(board, s -> List.of(s.own()));
        };
    }

    /** What each sentinel says, as this pod was told. */
    private static <S> void sentinels(GaugeBoard<S> board, Function<S, List<SentinelView>> views) {
        board.gauges("redis_ha_sentinel_up", "1 if the sentinel answers", SENTINEL, s -> each(views.apply(s), view -> truth(view.answering())));
        board.gauges("redis_ha_sentinel_epoch", "Configuration epoch of the master that the sentinel names", SENTINEL, s -> said(views.apply(s), SentinelView::epoch));
        board.gauges("redis_ha_sentinel_quorum", "How many must agree that the master is down, as the sentinel has it", SENTINEL,
                s -> said(views.apply(s), SentinelView::quorum));
        board.gauges("redis_ha_sentinel_master_down", "1 if the master does not answer the sentinel", SENTINEL, s -> said(views.apply(s), view -> truth(view.isDown())));
        board.gauges("redis_ha_sentinel_failover_in_progress", "1 while the sentinel carries out a failover", SENTINEL,
                s -> said(views.apply(s), view -> truth(view.isFailingOver())));
        board.gauges("redis_ha_sentinel_replicas", "Replicas that the sentinel knows", SENTINEL, s -> said(views.apply(s), view -> view.replicas().size()));
        board.gauges("redis_ha_sentinel_sentinels", "Other sentinels that the sentinel knows", SENTINEL, s -> said(views.apply(s), view -> view.sentinels().size()));
    }

    private static Map<String, Double> said(List<SentinelView> views, ToDoubleFunction<SentinelView> value) {
        return each(views.stream().filter(SentinelView::answering).toList(), value);
    }

    private static Map<String, Double> each(List<SentinelView> views, ToDoubleFunction<SentinelView> value) {
        Map<String, Double> found = new TreeMap<>();
        views.forEach(view -> found.put(view.pod(), value.applyAsDouble(view)));
        return found;
    }

    /** Of a cluster. @param snapshot gives null until the loop runs */
    static Gauges ofNode(Supplier<ClusterSnapshot> snapshot) {
        return registry -> {
            GaugeBoard<ClusterSnapshot> board = new GaugeBoard<>(registry, snapshot);
            board.role(s -> NodePage.role(s.self()));
            board.gauge("redis_ha_leader", "1 if this pod holds the Lease and looks after the cluster's shape", s -> truth(s.self().pod().equals(s.leader())));
            board.gauge("redis_ha_ready", "1 if /readyz says so", s -> truth(s.ready()));
            board.gauge("redis_ha_term", "Number of changes of leader that this pod knows of", ClusterSnapshot::term);
            board.gauge("redis_ha_api_reachable", "1 if the Kubernetes API answered the last request", s -> truth(s.apiReachable()));
            board.gauge("redis_ha_problems", "Problems that status shows in words, as this pod knows them", s -> s.problems().size());
            board.gauge("redis_ha_shard", "Number of the shard that this pod belongs to", s -> s.shards().containsKey(s.self().pod())
                    ? s.shards().get(s.self().pod()) : Double.NaN);
            board.gauge("redis_ha_slots", "Slots that the server owns", s -> {
                ClusterNode self = s.self().topology().myself();
                return self == null ? Double.NaN : self.slots().size();
            });
            board.gauge("redis_ha_cluster_slots_covered", "Slots of all " + Slots.COUNT + " that have a master, as this pod's server sees it",
                    s -> s.self().topology().nodes().isEmpty() ? Double.NaN : s.self().topology().covered().size());
            board.gauge("redis_ha_cluster_state_ok", "1 if the server says cluster_state:ok",
                    s -> s.self().server() == null ? Double.NaN : truth(s.self().server().stateOk()));
            board.gauge("redis_ha_offset", "Replication offset in bytes", s -> s.self().server() == null ? Double.NaN : s.self().server().offset());
            board.gauge("redis_ha_keys", "Keys that the server holds", s -> s.self().server() == null ? Double.NaN : s.self().server().keys());
            board.gauge("redis_ha_slots_moving", "Slots that are still to be moved, of those that the leader moves now; 0 on any other pod",
                    s -> s.progress() == null ? 0 : s.progress().total() - s.progress().done());
            board.gauge("redis_ha_slots_moving_keys_per_second", "Keys that the leader has moved per second lately; 0 on any other pod",
                    s -> s.progress() == null ? 0 : s.progress().keysPerSecond());
        };
    }

    private static double truth(boolean value) {
        return value ? 1 : 0;
    }
}
