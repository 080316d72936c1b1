package io.redisha.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.redisha.config.Settings.Architecture;
import io.redisha.config.Settings.CandidateOrder;
import io.redisha.config.Settings.Durability;
import io.redisha.config.Settings.Publish;
import io.redisha.model.Timings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsReaderTest {

    static final String WHOLE = """
            architecture: replication
            name: redis-ha
            replicas: 3
            engineImage: "docker.io/redis:8.0"
            services: {master: redis-ha-master, replicas: redis-ha-replicas, headless: redis-ha-headless}
            ports: {redis: 6379, http: 8379, member: 8380}
            auth: {enabled: true, secretName: redis-ha, passwordKey: redis-password}
            persistence: {enabled: true}
            labels:
              selector: {app.kubernetes.io/name: redis-ha, app.kubernetes.io/instance: x, app.kubernetes.io/component: redis}
              role: {key: role, master: master, replica: replica}
              common: {team: storage}
            publish: endpointslice
            failover: {heartbeatInterval: 200ms, memberTimeout: 1500ms, fenceTimeout: 500ms, renewInterval: 1500ms, renewDeadline: 4s,
              leaseDuration: 6s, handoverTimeout: 3s, lastHolderWait: 10s, serverTimeout: 10s, candidateOrder: offset, durability: relaxed, minReplicasMaxLag: 3}
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

        assertThat(settings.architecture()).isEqualTo(Architecture.REPLICATION);
        assertThat(settings.podNames()).containsExactly("redis-ha-0", "redis-ha-1", "redis-ha-2");
        assertThat(settings.hostOf("redis-ha-1")).isEqualTo("redis-ha-1.redis-ha-headless");
        assertThat(settings.ports()).isEqualTo(new Settings.Ports(6379, 8379, 8380, 0, 0));
        assertThat(settings.auth()).isEqualTo(new Settings.Auth(true, "redis-ha", "redis-password"));
        assertThat(settings.labels().selector()).hasSize(3).containsEntry("app.kubernetes.io/instance", "x");
        assertThat(settings.labels().role()).isEqualTo(new Settings.RoleLabel("role", "master", "replica"));
        assertThat(settings.labels().common()).isEqualTo(Map.of("team", "storage"));
        assertThat(settings.publish()).isEqualTo(Publish.ENDPOINTSLICE);
        assertThat(settings.failover())
                .isEqualTo(new Settings.Failover(Timings.defaults(), CandidateOrder.OFFSET, Durability.RELAXED, 3, 0));
        assertThat(settings.log()).isEqualTo(new Settings.Log(Settings.Format.TEXT, Settings.Level.INFO));
        assertThat(settings.persistence()).isTrue();
        assertThat(settings.services()).isEqualTo(new Settings.Services("redis-ha-master", "redis-ha-replicas", "redis-ha-headless", null));
        assertThat(settings.cluster()).isNull();
        assertThat(settings.sentinel()).isNull();
        assertThat(settings.peers()).isNull();
        assertThat(settings.labels().shard()).isNull();
    }

    @Test
    void knowsHowLongThePodHasToStop() throws Invalid {
        assertThat(SettingsReader.parse(WHOLE + "gracePeriod: 180s\n").gracePeriod()).isEqualTo(180_000 * Timings.MS);
        assertThat(SettingsReader.parse(WHOLE).gracePeriod()).as("where nobody says so, what Kubernetes gives by itself").isEqualTo(30_000 * Timings.MS);
    }

    @Test
    void fillsInWhatNeedsNoDecision() throws Invalid {
        Settings settings = SettingsReader.parse("""
                architecture: replication
                name: a
                replicas: 1
                services: {master: a-master, replicas: a-replicas, headless: a-headless}
                auth: {secretName: a}
                labels: {selector: {app: a}}
                """);

        assertThat(settings.ports()).isEqualTo(new Settings.Ports(6379, 8379, 8380, 0, 0));
        assertThat(settings.failover().timings()).isEqualTo(Timings.defaults());
        assertThat(settings.labels().role().master()).isEqualTo("master");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            architecture: replication | architecture: raft        | architecture: given raft, expected replication or cluster or sentinel or peers
            replicas: 3               | replicas: 0               | replicas: given 0, expected a whole number from 1 to 1000
            replicas: 3               | replicas: -1              | replicas: given -1, expected a whole number from 1 to 1000
            replicas: 3               | replicas: three           | replicas: given three, expected a whole number from 1 to 1000
            replicas: 3               | replicas: "3"             | replicas: given 3, expected a whole number from 1 to 1000
            replicas: 3               | ``                        | replicas: given nothing, expected a whole number from 1 to 1000
            name: redis-ha            | name: Redis_HA            | name: given Redis_HA, expected a Kubernetes name
            http: 8379                | http: 6379                | ports: given redis 6379, http 6379, member 8380, expected three different ports
            http: 8379                | http: 70000               | ports.http: given 70000, expected a whole number from 1 to 65535
            enabled: true, secret     | enabled: yes please, secret | auth.enabled: given yes please, expected true or false
            secretName: redis-ha,     | ``                        | auth.secretName: given nothing, expected a Secret's name
            heartbeatInterval: 200ms  | heartbeatInterval: 200    | failover.heartbeatInterval: given 200, expected a duration such as 200ms or 4s
            heartbeatInterval: 200ms  | heartbeatInterval: 0ms    | failover.heartbeatInterval: given 0ms, expected a duration such as 200ms or 4s
            heartbeatInterval: 200ms  | heartbeatInterval: 600ms  | failover.memberTimeout: given 1500ms, expected at least 3 x heartbeatInterval = 1800ms
            serverTimeout: 10s        | serverTimeout: 1999ms     | failover.serverTimeout: given 1999ms, expected at least 2000ms
            fenceTimeout: 500ms       | fenceTimeout: 299ms       | failover.fenceTimeout: given 299ms, expected at least 300ms
            minReplicasMaxLag: 3      | minReplicasMaxLag: 3, maxLoss: 999ms | failover.maxLoss: given 999ms, expected at least 1s, and at least 400ms + 3 x heartbeatInterval = 1000ms
            heartbeatInterval: 200ms  | heartbeatInterval: 300ms, maxLoss: 1s | failover.maxLoss: given 1000ms, expected at least 1s, and at least 400ms + 3 x heartbeatInterval = 1300ms
            candidateOrder: offset    | candidateOrder: priority, maxLoss: 1s | failover.maxLoss: given 1000ms, expected none with candidateOrder: priority, which may elect one that lacks what another has acknowledged
            minReplicasMaxLag: 3      | minReplicasMaxLag: 3, maxLoss: 1m    | failover.maxLoss: given 1m, expected a duration such as 200ms or 4s
            minReplicasMaxLag: 3      | minReplicasMaxLag: 3, maxLoss: 0s    | failover.maxLoss: given 0s, expected a duration such as 200ms or 4s
            leaseDuration: 6s         | leaseDuration: 4750ms     | failover.leaseDuration: given 4750ms, expected more than renewDeadline + fenceTimeout + 250ms = 4750ms
            renewInterval: 1500ms     | renewInterval: 4s         | failover.renewInterval: given 4000ms, expected less than renewDeadline = 4000ms
            durability: relaxed       | durability: maybe         | failover.durability: given maybe, expected relaxed or strict
            candidateOrder: offset    | candidateOrder: Offset    | failover.candidateOrder: given Offset, expected offset or priority
            publish: endpointslice    | publish: dns              | publish: given dns, expected endpointslice or selector
            level: info               | level: loud               | log.level: given loud, expected debug or info or warn or error
            master: master            | master: replica           | labels.role.replica: given replica, expected another value than labels.role.master
            key: role                 | key: app.kubernetes.io/name | labels.role.key: given app.kubernetes.io/name, expected a label that labels.selector does not use: it changes with the role
            team: storage             | team: 7                   | labels.common.team: given 7, expected a label's key and value
            persistence: {enabled: true} | persistence: yes        | persistence: given true, expected a map
            """)
    void namesKeyGivenAndExpected(String line, String instead, String problem) {
        assertThat(problems(with(line, instead))).containsExactly(problem);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            maxLoss: 1s,      1000
            maxLoss: 1500ms,  1500
            maxLoss: 3600s,   3600000
            maxLoss: "",      0
            """)
    void readsHowMuchAMastersDeathMayCost(String limit, long ms) throws Invalid {
        String yaml = with("minReplicasMaxLag: 3}", "minReplicasMaxLag: 3, " + limit + "}");
        assertThat(SettingsReader.parse(yaml).failover().maxLoss()).isEqualTo(ms * Timings.MS);
    }

    @Test
    void knowsThatWithoutAReplicaNobodyCouldAcknowledgeAWrite() throws Invalid {
        String yaml = with("minReplicasMaxLag: 3", "minReplicasMaxLag: 3, maxLoss: 2s").replace("replicas: 3", "replicas: 1");
        assertThat(problems(yaml)).containsExactly("failover.maxLoss: given 2000ms, expected none with replicas: 1, as nobody could acknowledge a write");
        assertThat(SettingsReader.parse(yaml.replace("replicas: 1", "replicas: 2")).failover().maxLoss()).isEqualTo(2_000 * Timings.MS);
    }

    /** Or it would not start again while the release is scaled to one, and the limit taken away, in one upgrade. */
    @Test
    void hasNoLimitToLossesInAPodOfARevisionThatHadReplicas() throws Invalid {
        String own = with("minReplicasMaxLag: 3", "minReplicasMaxLag: 3, maxLoss: 2s").replace("replicas: 3\n", "");
        assertThat(SettingsReader.parse(own, with("replicas: 3", "replicas: 1")).failover().maxLoss()).isZero();
        assertThat(SettingsReader.parse(own, WHOLE).failover().maxLoss()).isEqualTo(2_000 * Timings.MS);
    }

    @Test
    void tellsAllProblemsAtOnce() {
        String yaml = with("replicas: 3", "replicas: 0").replace("architecture: replication", "architecture: cluster2")
                .replace("leaseDuration: 6s", "leaseDuration: 1s") + "replica: 3\n";

        assertThat(problems(yaml)).extracting(problem -> problem.substring(0, problem.indexOf(':')))
                .containsExactly("architecture", "replicas", "failover.leaseDuration", "replica");
    }

    @Test
    void knowsNoUnknownKey() {
        assertThat(problems(with("level: info", "level: info, colour: red")))
                .containsExactly("log.colour: given red, expected no such key; known are format, level");
    }

    @Test
    void saysWhereTheYamlIsBroken() {
        assertThat(problems("name: a\nreplicas: [3\nports: 4")).singleElement().asString().startsWith("settings: line 3: ");
        assertThat(problems("replicas: 3\nreplicas: 4")).singleElement().asString().contains("duplicate key replicas");
        assertThat(problems("- a")).first().asString().isEqualTo("settings: given [a], expected a map");
    }

    @Test
    void buildsNoObjectsThatAYamlTagNames() {
        assertThat(problems("name: !!java.net.URL [\"http://x\"]")).singleElement().asString().contains("java.net.URL");
    }

    @Test
    void namesTheFileThatIsNotThere() {
        Invalid invalid = catchThrowableOfType(Invalid.class, () -> SettingsReader.read(Path.of("/no/settings.yaml")));

        assertThat(invalid.problems()).singleElement().asString().startsWith("/no/settings.yaml: ");
    }
}
