package io.redisha.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.redisha.config.Settings.Architecture;
import io.redisha.config.Settings.Publish;
import io.redisha.model.Timings;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@link SettingsReader} makes of architecture: sentinel. */
class SentinelSettingsTest {

    static final String WHOLE = """
            architecture: sentinel
            name: x
            replicas: 3
            engineImage: "docker.io/redis:8.0"
            services: {master: x-master, replicas: x-replicas, headless: x-headless, sentinelHeadless: x-sentinel-headless}
            ports: {redis: 6379, http: 8379, member: 8380, sentinel: 26379}
            auth: {enabled: true, secretName: x, passwordKey: redis-password}
            persistence: {enabled: true}
            labels:
              selector: {app.kubernetes.io/name: redis-ha, app.kubernetes.io/instance: x, app.kubernetes.io/component: redis}
              role: {key: role, master: master, replica: replica}
              sentinelSelector: {app.kubernetes.io/name: redis-ha, app.kubernetes.io/instance: x, app.kubernetes.io/component: sentinel}
              common: {team: storage}
            publish: selector
            sentinel: {name: x-sentinel, replicas: 5, masterName: my.master-1, quorum: 2, downAfter: 2s, failoverTimeout: 20s, auth: false,
              hostSuffix: x-headless.ns.svc.cluster.local, sentinelHostSuffix: x-sentinel-headless.ns.svc.cluster.local,
              handoverTimeout: 9s, minReplicasMaxLag: 4}
            log: {format: text, level: info}
            """;

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

        assertThat(settings.architecture()).isEqualTo(Architecture.SENTINEL);
        assertThat(settings.podNames()).containsExactly("x-0", "x-1", "x-2");
        assertThat(settings.sentinel().podNames()).containsExactly("x-sentinel-0", "x-sentinel-1", "x-sentinel-2", "x-sentinel-3", "x-sentinel-4");
        assertThat(settings.services()).isEqualTo(new Settings.Services("x-master", "x-replicas", "x-headless", "x-sentinel-headless"));
        assertThat(settings.ports()).isEqualTo(new Settings.Ports(6379, 8379, 8380, 0, 26379));
        assertThat(settings.labels().sentinelSelector()).hasSize(3).containsEntry("app.kubernetes.io/component", "sentinel");
        assertThat(settings.labels().shard()).isNull();
        assertThat(settings.publish()).isEqualTo(Publish.SELECTOR);
        assertThat(settings.sentinel()).isEqualTo(new Settings.Sentinel("x-sentinel", 5, "my.master-1", 2, 2000 * Timings.MS, 20_000 * Timings.MS, false,
                "x-headless.ns.svc.cluster.local", "x-sentinel-headless.ns.svc.cluster.local", 9000 * Timings.MS));
        assertThat(settings.cluster()).isNull();
        assertThat(settings.peers()).isNull();
    }

    @Test
    void fillsInWhatNeedsNoDecision() throws Invalid {
        Settings settings = SettingsReader.parse("""
                architecture: sentinel
                name: a
                replicas: 2
                services: {master: a-master, replicas: a-replicas, headless: a-headless, sentinelHeadless: a-sentinel-headless}
                auth: {secretName: a}
                labels: {selector: {app: a}, sentinelSelector: {app: b}}
                sentinel: {name: a-sentinel, hostSuffix: a-headless.b.svc, sentinelHostSuffix: a-sentinel-headless.b.svc}
                """);

        assertThat(settings.ports().sentinel()).isEqualTo(26379);
        assertThat(settings.publish()).isEqualTo(Publish.ENDPOINTSLICE);
        assertThat(settings.sentinel()).isEqualTo(new Settings.Sentinel("a-sentinel", 3, "mymaster", 0, 3000 * Timings.MS, 10_000 * Timings.MS, true,
                "a-headless.b.svc", "a-sentinel-headless.b.svc", 15_000 * Timings.MS));
        assertThat(settings.failover().minReplicasMaxLag()).isEqualTo(3);
    }

    @Test
    void takesTheUsualTimingsForTheLeaseAndItsOwnForTheHandover() throws Invalid {
        Settings.Failover failover = SettingsReader.parse(WHOLE).failover();

        assertThat(failover.timings()).usingRecursiveComparison().ignoringFields("handover").isEqualTo(Timings.defaults());
        assertThat(failover.timings().handover()).isEqualTo(9000 * Timings.MS);
        assertThat(failover.minReplicasMaxLag()).isEqualTo(4);
    }

    @Test
    void knowsAServerFromASentinelByTheNameOfItsPod() throws Invalid {
        Settings settings = SettingsReader.parse(WHOLE);

        assertThat(List.of("x-sentinel-0", "x-sentinel-12")).allMatch(settings::isSentinel);
        assertThat(List.of("x-0", "x-sentinel-0-0", "x-sentinel", "x-sentinel-headless")).noneMatch(settings::isSentinel);
        assertThat(settings.hostOf("x-1")).isEqualTo("x-1.x-headless");
        assertThat(settings.hostOf("x-sentinel-1")).isEqualTo("x-sentinel-1.x-sentinel-headless");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            replicas: 5             | replicas: five            | sentinel.replicas: given five, expected a whole number from 1 to 99
            replicas: 5             | replicas: 0               | sentinel.replicas: given 0, expected a whole number from 1 to 99
            quorum: 2               | quorum: 6                 | sentinel.quorum: given 6, expected at most sentinel.replicas = 5: more can never agree that the master is down
            quorum: 2               | quorum: -1                | sentinel.quorum: given -1, expected a whole number from 0 to 99
            downAfter: 2s           | downAfter: 499ms          | sentinel.downAfter: given 499ms, expected at least 500ms: a fork or a slow disk would pass for a failure
            downAfter: 2s           | downAfter: 2000           | sentinel.downAfter: given 2000, expected a duration such as 200ms or 4s
            failoverTimeout: 20s    | failoverTimeout: 0s       | sentinel.failoverTimeout: given 0s, expected a duration such as 200ms or 4s
            my.master-1             | `"my master"`             | sentinel.masterName: given my master, expected letters, digits, '.', '-' and '_'
            auth: false             | auth: maybe               | sentinel.auth: given maybe, expected true or false
            handoverTimeout: 9s     | handoverTimeout: soon     | sentinel.handoverTimeout: given soon, expected a duration such as 200ms or 4s
            minReplicasMaxLag: 4    | minReplicasMaxLag: 0      | sentinel.minReplicasMaxLag: given 0, expected a whole number from 1 to 3600
            sentinel: 26379         | sentinel: 8380            | ports: given redis 6379, http 8379, member 8380, sentinel 8380, expected four different ports
            , sentinelHeadless: x-sentinel-headless} | }        | services.sentinelHeadless: given nothing, expected a Service's name
            component: sentinel}    | component: redis}         | labels.sentinelSelector: given {app.kubernetes.io/name=redis-ha, app.kubernetes.io/instance=x, app.kubernetes.io/component=redis}, expected labels that no server's pod has
            """)
    void namesKeyGivenAndExpected(String line, String instead, String problem) {
        assertThat(problems(with(line, instead))).containsExactly(problem);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 6})
    void saysWhySoManySentinelsAreNone(int sentinels) {
        assertThat(problems(with("replicas: 5", "replicas: " + sentinels).replace("quorum: 2", "quorum: 1"))).containsExactly("sentinel.replicas: given " + sentinels
                + ", expected an odd number, 3 or more: a majority of them decides, of fewer none is left when one is lost, and an even one more decides nothing");
    }

    @Test
    void knowsNoKeyOfAnotherArchitecture() {
        String yaml = WHOLE + "failover: {durability: strict}\ncluster: {shards: 3}\npeers: {port: 1}\n";

        assertThat(problems(yaml)).extracting(problem -> problem.substring(0, problem.indexOf(':'))).containsExactly("failover", "cluster", "peers");
    }

    @Test
    void isUnknownToReplication() {
        String yaml = SettingsReaderTest.WHOLE.replace("member: 8380", "member: 8380, sentinel: 26379")
                .replace("headless: redis-ha-headless", "headless: redis-ha-headless, sentinelHeadless: x")
                .replace("  common: {team", "  sentinelSelector: {a: b}\n  common: {team") + "sentinel: {replicas: 3}\n";

        assertThat(problems(yaml)).extracting(problem -> problem.substring(0, problem.indexOf(':')))
                .containsExactly("services.sentinelHeadless", "ports.sentinel", "labels.sentinelSelector", "sentinel");
    }

    @Test
    void needsASelectorOfItsOwn() {
        assertThat(problems(with("app.kubernetes.io/component: sentinel}", "other: x}").replace("app.kubernetes.io/instance: x, other", "other")))
                .extracting(problem -> Map.entry(problem.substring(0, problem.indexOf(':')), problem.endsWith("no server's pod has")))
                .containsExactly(Map.entry("labels.sentinelSelector", true));
    }
}
