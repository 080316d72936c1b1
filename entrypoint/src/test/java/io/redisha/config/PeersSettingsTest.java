package io.redisha.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.redisha.config.Settings.Architecture;
import io.redisha.config.Settings.Style;
import io.redisha.config.Settings.Way;
import io.redisha.model.Timings;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@link SettingsReader} makes of architecture: peers. */
class PeersSettingsTest {

    static final String WHOLE = """
            architecture: peers
            name: x
            replicas: 5
            engineImage: "docker.io/serf:1"
            services: {headless: x-headless}
            ports: {http: 8379}
            labels:
              selector: {app.kubernetes.io/name: redis-ha, app.kubernetes.io/instance: x, app.kubernetes.io/component: peer}
              common: {team: storage}
            peers: {mode: entrypoint, command: ["serf", "agent"], args: ["-node={self}", "{peer}"], argPerPeer: "-join={host}:{port}", separator: ",",
              port: 7946, check: "http:/health?x=1", minPeers: 2, parallel: true, style: ips, hostSuffix: x-headless.ns.svc.cluster.local, waitTimeout: 10s, stopTimeout: 5s}
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

        assertThat(settings.architecture()).isEqualTo(Architecture.PEERS);
        assertThat(settings.podNames()).containsExactly("x-0", "x-1", "x-2", "x-3", "x-4");
        assertThat(settings.services()).isEqualTo(new Settings.Services(null, null, "x-headless", null));
        assertThat(settings.ports()).isEqualTo(new Settings.Ports(0, 8379, 0, 0, 0));
        assertThat(settings.peers()).isEqualTo(new Settings.Peers(Way.ENTRYPOINT, List.of("serf", "agent"), List.of("-node={self}", "{peer}"),
                "-join={host}:{port}", ",", 7946, "/health?x=1", 2, true, Style.IPS, "x-headless.ns.svc.cluster.local", 10_000 * Timings.MS, 5000 * Timings.MS));
    }

    @Test
    void hasNothingOfAServer() throws Invalid {
        Settings settings = SettingsReader.parse(WHOLE);

        assertThat(settings.auth()).isNull();
        assertThat(settings.persistence()).isFalse();
        assertThat(settings.labels().role()).isNull();
        assertThat(settings.publish()).isNull();
        assertThat(settings.failover().timings()).isEqualTo(Timings.defaults());
        assertThat(settings.cluster()).isNull();
        assertThat(settings.sentinel()).isNull();
    }

    @Test
    void fillsInWhatNeedsNoDecision() throws Invalid {
        Settings settings = SettingsReader.parse("""
                architecture: peers
                name: a
                replicas: 1
                services: {headless: a-headless}
                labels: {selector: {app: a}}
                peers: {command: [serf], args: ["-join={peer}"], port: 7946, hostSuffix: a-headless.b.svc}
                """);

        assertThat(settings.peers()).isEqualTo(new Settings.Peers(Way.ENTRYPOINT, List.of("serf"), List.of("-join={peer}"),
                "{host}:{port}", "", 7946, null, 0, false, Style.NAMES, "a-headless.b.svc", 30_000 * Timings.MS, 25_000 * Timings.MS));
    }

    @Test
    void writesTheListWhenAnInitContainerHasNoArguments() throws Invalid {
        Settings.Peers peers = SettingsReader.parse(with("mode: entrypoint, command: [\"serf\", \"agent\"], args: [\"-node={self}\", \"{peer}\"]", "mode: init")).peers();

        assertThat(peers.mode()).isEqualTo(Way.INIT);
        assertThat(peers.command()).isEmpty();
        assertThat(peers.args()).containsExactly("{peer}");
    }

    @Test
    void leavesTheCommandBesideAnInitContainerAsItIs() throws Invalid {
        Settings.Peers peers = SettingsReader.parse(with("mode: entrypoint, command: [\"serf\", \"agent\"]", "mode: init, command: [sh, -c, \"${HOME}/x $(cat /peers/args)\"]")).peers();

        assertThat(peers.command()).containsExactly("sh", "-c", "${HOME}/x $(cat /peers/args)");
    }

    @Test
    void takesACommandThatNamesTheOthers() throws Invalid {
        Settings.Peers peers = SettingsReader.parse(with("\"agent\"], args: [\"-node={self}\", \"{peer}\"]", "\"-join={peer}\"]")).peers();

        assertThat(peers.command()).containsExactly("serf", "-join={peer}");
        assertThat(peers.args()).isEmpty();
    }

    @Test
    void leavesTheProgramItsOwnBraces() throws Invalid {
        String arg = "-tags={\\\"a\\\": 1, \\\"b\\\": {}, \\\"c-d\\\": \\\"{self}\\\"}";

        assertThat(SettingsReader.parse(with("-node={self}", arg)).peers().args()).first().isEqualTo("-tags={\"a\": 1, \"b\": {}, \"c-d\": \"{self}\"}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "-node={self}", "{peer}" | "-node={self}"           | peers.args: given [-node={self}], expected {peer} in one of them: nobody would be told of the others
            args: ["-node={self}", "{peer}"], | ``              | peers.args: given nothing, expected {peer} in one of them: nobody would be told of the others
            -node={self}            | -node={pod_ip}            | peers.args: given {pod_ip}, expected {peer}, {self}, {host}, {ip}, {ordinal} or {port}
            -node={self}            | -node={peer1}             | peers.args: given {peer1}, expected {peer}, {self}, {host}, {ip}, {ordinal} or {port}
            mode: entrypoint, command: ["serf", "agent"] | mode: init, command: ["serf", "-node=${host}-{self}"] | peers.command: given {self}, expected none of {peer}, {self}, {host}, {ip}, {ordinal} and {port} with peers.mode=init: nothing is put in there, the arguments are in /peers/args
            -node={self}            | -node={pod}               | peers.args: given {pod}, expected {peer}, {self}, {host}, {ip}, {ordinal} or {port}
            args: ["                | args: [7, "               | peers.args: given [7, -node={self}, {peer}], expected a list of texts
            -join={host}:{port}     | -join={peer}:{host}       | peers.argPerPeer: given {peer}, expected {self}, {host}, {ip}, {ordinal} or {port}
            -join={host}:{port}     | -join={port}              | peers.argPerPeer: given -join={port}, expected {host}, {ip} or {ordinal} in it: all others would look the same
            command: ["serf", "agent"], | ``                    | peers.command: given nothing, expected the program to run: of the image's own we only know when it is started by somebody else (peers.mode: init)
            port: 7946,             | ``                        | peers.port: given nothing, expected a whole number from 1 to 65535
            port: 7946              | port: 0                   | peers.port: given 0, expected a whole number from 1 to 65535
            "http:/health?x=1"      | udp                       | peers.check: given udp, expected tcp or http:/path
            "http:/health?x=1"      | "http:"                   | peers.check: given http:, expected tcp or http:/path
            minPeers: 2             | minPeers: 5               | peers.minPeers: given 5, expected less than replicas = 5: no pod would ever be started
            minPeers: 2             | minPeers: -1              | peers.minPeers: given -1, expected a whole number from 0 to 999
            parallel: true          | parallel: maybe           | peers.parallel: given maybe, expected true or false
            "serf", "agent"         | "serf", "{agent}"         | peers.command: given {agent}, expected {peer}, {self}, {host}, {ip}, {ordinal} or {port}
            style: ips              | style: dns                | peers.style: given dns, expected names or ips
            mode: entrypoint        | mode: sidecar             | peers.mode: given sidecar, expected entrypoint or init
            waitTimeout: 10s        | waitTimeout: 10           | peers.waitTimeout: given 10, expected a duration such as 200ms or 4s
            """)
    void namesKeyGivenAndExpected(String line, String instead, String problem) {
        assertThat(problems(with(line, instead)).getFirst()).isEqualTo(problem);
    }

    @Test
    void knowsNoKeyOfAServer() {
        String yaml = with("ports: {http: 8379}", "ports: {http: 8379, redis: 6379}").replace("  common: {team", "  role: {key: role}\n  common: {team")
                + "auth: {enabled: false}\npersistence: {enabled: true}\npublish: selector\nfailover: {durability: strict}\nsentinel: {replicas: 3}\n";

        assertThat(problems(yaml)).extracting(problem -> problem.substring(0, problem.indexOf(':')))
                .containsExactly("ports.redis", "labels.role", "auth", "persistence", "publish", "failover", "sentinel");
    }
}
