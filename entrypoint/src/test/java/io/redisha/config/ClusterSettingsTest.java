package io.redisha.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.redisha.config.Settings.Architecture;
import io.redisha.config.Settings.CandidateOrder;
import io.redisha.config.Settings.Durability;
import io.redisha.config.Settings.EndpointType;
import io.redisha.config.Settings.ServiceType;
import io.redisha.model.Timings;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@link SettingsReader} makes of architecture: cluster. */
class ClusterSettingsTest {

    static final String WHOLE = """
            architecture: cluster
            name: x
            replicas: 6
            engineImage: "docker.io/redis:8.0"
            services: {headless: x-headless}
            ports: {redis: 6379, http: 8379, member: 8380, bus: 16379}
            auth: {enabled: true, secretName: x, passwordKey: redis-password}
            persistence: {enabled: true}
            labels:
              selector: {app.kubernetes.io/name: redis-ha, app.kubernetes.io/instance: x, app.kubernetes.io/component: redis}
              role: {key: role, master: master, replica: replica}
              shard: {key: shard}
              common: {team: storage}
            cluster: {shards: 3, replicasPerShard: 1, nodeTimeout: 2s, requireFullCoverage: true, preferredEndpointType: hostname,
              hostSuffix: x-headless.ns.svc.cluster.local, handoverTimeout: 5s, external: {enabled: true, type: LoadBalancer}}
            log: {format: text, level: info}
            """;

    private static final String ROOT = "architecture, name, replicas, engineImage, services, ports, auth, persistence, gracePeriod, labels, cluster, log";

    private static List<String> problems(String yaml) {
        Invalid invalid = catchThrowableOfType(Invalid.class, () -> SettingsReader.parse(yaml));
        assertThat(invalid).as("no problem found in:\n%s", yaml).isNotNull();
        return invalid.problems();
    }

    private static String with(String line, String instead) {
        assertThat(WHOLE).contains(line);
        return WHOLE.replace(line, instead);
    }

    @Test
    void readsWhatTheChartWrites() throws Invalid {
        Settings settings = SettingsReader.parse(WHOLE);

        assertThat(settings.architecture()).isEqualTo(Architecture.CLUSTER);
        assertThat(settings.podNames()).containsExactly("x-0", "x-1", "x-2", "x-3", "x-4", "x-5");
        assertThat(settings.services()).isEqualTo(new Settings.Services(null, null, "x-headless", null));
        assertThat(settings.ports()).isEqualTo(new Settings.Ports(6379, 8379, 8380, 16379, 0));
        assertThat(settings.labels().shard()).isEqualTo("shard");
        assertThat(settings.cluster()).isEqualTo(new Settings.Cluster(3, 1, 2000 * Timings.MS, true, EndpointType.HOSTNAME,
                "x-headless.ns.svc.cluster.local", 5000 * Timings.MS, new Settings.External(true, ServiceType.LOAD_BALANCER)));
    }

    @Test
    void takesTheUsualTimingsForTheLease() throws Invalid {
        assertThat(SettingsReader.parse(WHOLE).failover())
                .isEqualTo(new Settings.Failover(Timings.defaults(), CandidateOrder.OFFSET, Durability.RELAXED, 3, 0));
        assertThat(SettingsReader.parse(WHOLE).publish()).isNull();
    }

    @Test
    void fillsInWhatNeedsNoDecision() throws Invalid {
        Settings settings = SettingsReader.parse("""
                architecture: cluster
                name: a
                replicas: 3
                services: {headless: a-headless}
                auth: {secretName: a}
                labels: {selector: {app: a}}
                cluster: {shards: 3, replicasPerShard: 0, hostSuffix: a-headless.b.svc}
                """);

        assertThat(settings.ports().bus()).isEqualTo(16379);
        assertThat(settings.labels().shard()).isEqualTo("shard");
        assertThat(settings.cluster()).isEqualTo(new Settings.Cluster(3, 0, 2000 * Timings.MS, true, EndpointType.IP, "a-headless.b.svc",
                5000 * Timings.MS, new Settings.External(false, ServiceType.NODE_PORT)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            shards: 3               | shards: 0                 | cluster.shards: given 0, expected a whole number from 1 to 500
            shards: 3               | shards: three             | cluster.shards: given three, expected a whole number from 1 to 500
            replicasPerShard: 1     | replicasPerShard: -1      | cluster.replicasPerShard: given -1, expected a whole number from 0 to 10
            replicasPerShard: 1,    | ``                       | cluster.replicasPerShard: given nothing, expected a whole number from 0 to 10
            replicas: 6             | replicas: 5               | replicas: given 5, expected shards x (1 + replicasPerShard) = 6
            replicas: 6             | replicas: six             | replicas: given six, expected a whole number from 1 to 1000
            nodeTimeout: 2s         | nodeTimeout: 2000         | cluster.nodeTimeout: given 2000, expected a duration such as 200ms or 4s
            nodeTimeout: 2s         | nodeTimeout: 999ms        | cluster.nodeTimeout: given 999ms, expected at least 1s: a fork or a slow disk would pass for a failure
            handoverTimeout: 5s     | handoverTimeout: 0s       | cluster.handoverTimeout: given 0s, expected a duration such as 200ms or 4s
            requireFullCoverage: true | requireFullCoverage: no thanks | cluster.requireFullCoverage: given no thanks, expected true or false
            preferredEndpointType: hostname | preferredEndpointType: dns | cluster.preferredEndpointType: given dns, expected ip or hostname
            x-headless.ns.svc.cluster.local | `"."` | cluster.hostSuffix: given ., expected the domain of the headless Service
            type: LoadBalancer      | type: ClusterIP           | cluster.external.type: given ClusterIP, expected NodePort or LoadBalancer
            type: LoadBalancer      | type: nodeport            | cluster.external.type: given nodeport, expected NodePort or LoadBalancer
            external: {enabled: true, | external: {via: me,     | cluster.external.via: given me, expected no such key; known are enabled, type
            bus: 16379              | bus: 8380                 | ports: given redis 6379, http 8379, member 8380, bus 8380, expected four different ports
            bus: 16379              | bus: 0                    | ports.bus: given 0, expected a whole number from 1 to 65535
            key: shard              | key: role                 | labels.shard.key: given role, expected a label that neither labels.selector nor labels.role uses: it changes with the shard
            key: shard              | key: app.kubernetes.io/name | labels.shard.key: given app.kubernetes.io/name, expected a label that neither labels.selector nor labels.role uses: it changes with the shard
            """)
    void namesKeyGivenAndExpected(String line, String instead, String problem) {
        assertThat(problems(with(line, instead))).containsExactly(problem);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void saysWhyFewerThanThreeShardsAreNoCluster(int shards) {
        assertThat(problems(with("shards: 3", "shards: " + shards).replace("replicas: 6", "replicas: " + 2 * shards))).containsExactly(
                "cluster.shards: given " + shards
                        + ", expected at least 3: a majority of masters decides on a failover, and of fewer none is left when one is lost");
    }

    @Test
    void knowsNoKeyOfReplication() {
        String yaml = with("headless: x-headless", "headless: x-headless, master: x-master") + "publish: selector\nfailover: {durability: strict}\n";

        assertThat(problems(yaml)).containsExactly(
                "services.master: given x-master, expected no such key; known are headless",
                "publish: given selector, expected no such key; known are " + ROOT,
                "failover: given {durability=strict}, expected no such key; known are " + ROOT);
    }

    @Test
    void isUnknownToReplication() {
        String yaml = SettingsReaderTest.WHOLE.replace("member: 8380", "member: 8380, bus: 16379")
                .replace("  common: {team", "  shard: {key: shard}\n  common: {team") + "cluster: {shards: 3}\n";

        assertThat(problems(yaml)).extracting(problem -> problem.substring(0, problem.indexOf(':')))
                .containsExactly("ports.bus", "labels.shard", "cluster");
    }

    @Test
    void tellsAllProblemsAtOnce() {
        String yaml = with("shards: 3", "shards: 2").replace("nodeTimeout: 2s", "nodeTimeout: 1ms").replace("replicas: 6", "replicas: 7")
                .replace("level: info", "level: loud");

        assertThat(problems(yaml)).extracting(problem -> problem.substring(0, problem.indexOf(':')))
                .containsExactly("cluster.shards", "replicas", "cluster.nodeTimeout", "log.level");
    }
}
