package io.redisha.kube;

import io.redisha.config.Invalid;
import io.redisha.config.Settings;
import io.redisha.config.SettingsReader;

/** Settings as the chart writes them, of a release called redis-ha. */
final class Some {

    private Some() {}

    static Settings settings(String architecture) {
        return architecture.equals("cluster") ? cluster("") : architecture.equals("sentinel") ? sentinel() : parsed("""
                {architecture: replication, name: redis-ha, replicas: 3,
                 services: {master: redis-ha-master, replicas: redis-ha-replicas, headless: redis-ha-headless},
                 auth: {secretName: redis-ha}, labels: {selector: {app: redis-ha}, common: {app.kubernetes.io/instance: it}}}""");
    }

    private static Settings sentinel() {
        return parsed("""
                {architecture: sentinel, name: redis-ha, replicas: 3, services: {master: redis-ha-master, replicas: redis-ha-replicas,
                 headless: redis-ha-headless, sentinelHeadless: redis-ha-sentinel-headless}, auth: {secretName: redis-ha},
                 labels: {selector: {app: redis-ha}, sentinelSelector: {app: redis-ha-sentinel}, common: {app.kubernetes.io/instance: it}},
                 sentinel: {name: redis-ha-sentinel, hostSuffix: redis-ha-headless.ns.svc, sentinelHostSuffix: redis-ha-sentinel-headless.ns.svc}}""");
    }

    /** @param more of what is below {@code cluster} */
    static Settings cluster(String more) {
        return parsed("""
                {architecture: cluster, name: redis-ha, replicas: 6, services: {headless: redis-ha-headless},
                 auth: {secretName: redis-ha}, labels: {selector: {app: redis-ha}, common: {app.kubernetes.io/instance: it}},
                 cluster: {shards: 3, replicasPerShard: 1, hostSuffix: redis-ha-headless.ns.svc.cluster.local%s}}""".formatted(more));
    }

    private static Settings parsed(String yaml) {
        try {
            return SettingsReader.parse(yaml);
        } catch (Invalid e) {
            throw new AssertionError(e);
        }
    }
}
