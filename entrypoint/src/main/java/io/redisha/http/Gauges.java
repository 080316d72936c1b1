package io.redisha.http;

import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.redisha.loop.Snapshot;
import io.redisha.loop.cluster.ClusterSnapshot;
import io.redisha.model.ClusterNode;
import io.redisha.model.LeaseView;
import io.redisha.model.Slots;
import java.util.function.Supplier;

/** What Prometheus is told of the last snapshot. NaN is what is not known. */
public interface Gauges {

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
            GaugeWithCallback.builder().name("redis_ha_replica_lag_bytes").help("Bytes that a replica is behind, as the leader sees it")
                    .labelNames("replica").callback(gauge -> {
                        Snapshot seen = snapshot.get();
                        if (seen == null || !seen.self().leading() || seen.self().server() == null) {
                            return;
                        }
                        for (Snapshot.Sibling sibling : seen.siblings()) {
                            Long lag = MemberPage.lag(seen.self(), sibling.state());
                            if (lag != null) {
                                gauge.call(lag, sibling.state().id().pod());
                            }
                        }
                    }).register(registry);
        };
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
