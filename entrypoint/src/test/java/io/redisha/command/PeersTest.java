package io.redisha.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.config.PodEnvironment;
import io.redisha.model.Sighting;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(30)
class PeersTest {

    private static final Map<String, String> ENV =
            Map.of("POD_NAME", "x-0", "POD_UID", "u", "POD_IP", "127.0.0.1", "POD_NAMESPACE", "ns", "NODE_NAME", "node1");

    @TempDir
    Path dir;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String yaml, String... args) throws Exception {
        Path settings = java.nio.file.Files.writeString(dir.resolve("settings.yaml"), yaml);
        return new CommandLine(new Peers(settings, ENV::get)).setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true)).execute(args);
    }

    @Test
    void saysOfAnotherArchitectureThatItHasNoPeers() throws Exception {
        assertThat(run(Files.yaml(1, 2, 3))).isEqualTo(1);
        assertThat(err).hasToString("redis-ha: architecture: given replication, expected peers\n");
    }

    @Test
    void doesNotCallNobodyTheListWhileSomebodyMayBeThere() throws Exception {
        assertThat(run(Files.peersYaml(1, 2))).isEqualTo(1);
        assertThat(out.toString()).isEmpty();
        assertThat(err).hasToString("redis-ha: it is not clear yet: nobody answers, but somebody may\n");
    }

    @Test
    void watchesNothingWithoutAPlaceToWriteItTo() throws Exception {
        assertThat(run(Files.peersYaml(1, 2), "--watch")).isEqualTo(2);
        assertThat(err.toString()).startsWith("--watch goes with --write");
    }

    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "needs a POSIX shell")
    @Test
    void writesArgumentsForAProgramAndVariablesForAShell() throws Exception {
        PodEnvironment self = Files.peer(2, "10.0.0.2");
        Ring ring = new Ring(Files.peers(1, 7946), self, (warning, reason, message) -> { }, () -> { });

        Peers.write(dir, ring, List.of(new Sighting("x-0", "10.0.0.9", true, null), new Sighting(null, "10.0.0.7", true, null)));

        assertThat(dir.resolve("args")).hasContent("--me=x-2\n--routes=ring://x-0.x-headless.ns.svc:7946,ring://10.0.0.7:7946\n");
        Process shell = new ProcessBuilder("sh", "-c", ". " + dir.resolve("env") + "; eval set -- $PEER_ARGS; echo $#/$2/$PEERS/$PEER_COUNT/$PEER_SELF/$PEER_HOST/$PEER_IP/$PEER_ORDINAL").start();
        assertThat(new String(shell.getInputStream().readAllBytes())).isEqualTo("2/--routes=ring://x-0.x-headless.ns.svc:7946,ring://10.0.0.7:7946/"
                + "ring://x-0.x-headless.ns.svc:7946,ring://10.0.0.7:7946/2/x-2/x-2.x-headless.ns.svc/10.0.0.2/2\n");
        assertThat(dir).isDirectoryNotContaining("glob:**.{args,env}");
    }

    @Test
    void writesNothingOfPeersForTheFirst() throws Exception {
        Ring ring = new Ring(Files.peers(1, 7946), Files.peer(0, "10.0.0.2"), (warning, reason, message) -> { }, () -> { });

        Peers.write(dir, ring, List.of());

        assertThat(dir.resolve("args")).hasContent("--me=x-0\n");
        assertThat(dir.resolve("env")).content().contains("PEERS=''\n", "PEER_COUNT='0'\n");
    }

    @Test
    void takesNoOrders() throws Exception {
        Path settings = java.nio.file.Files.writeString(dir.resolve("settings.yaml"), Files.peersYaml(1, 2));
        CommandLine command = new CommandLine(new Switchover(settings, dir.resolve("none"))).setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));

        assertThat(command.execute()).isEqualTo(1);
        assertThat(err).hasToString("redis-ha: architecture: given peers, expected another: they have no master, and take no orders\n");
    }

    @Test
    void haveNothingToForm() throws Exception {
        Path settings = java.nio.file.Files.writeString(dir.resolve("settings.yaml"), Files.peersYaml(1, 2));
        CommandLine command = new CommandLine(new Form(settings, dir.resolve("none"), (known, pod) -> "127.0.0.1")).setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));

        assertThat(command.execute("--timeout", "1s")).isEqualTo(1);
        assertThat(err).hasToString("redis-ha: architecture: given peers, expected another: they find each other, and have nothing to form\n");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void quotesForAShell() {
        assertThat(Peers.quoted("it's $1")).isEqualTo("'it'\\''s $1'");
    }
}
