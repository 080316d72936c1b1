package io.redisha.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.config.SettingsReader;
import io.redisha.loop.peers.Surroundings.Seen;
import io.redisha.model.PeerPhase;
import io.redisha.model.PeerState;
import io.redisha.model.Sighting;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pods are the machine's loopback addresses: each with a program, an agent, both or none. */
@Timeout(30)
class RingSightTest {

    /** Whoever answers has answered by then, however busy the machine is. */
    private static final RingSight.Patience LONG = patience(10_000);

    private final Map<String, List<String>> names = new HashMap<>();
    private final List<AutoCloseable> open = new ArrayList<>();
    private final int http = free();
    private final int port = free();

    private static RingSight.Patience patience(long answer) {
        return new RingSight.Patience(Duration.ofSeconds(10), Duration.ofMillis(answer), Duration.ofSeconds(10));
    }

    private static int free() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    private void program(String ip) throws IOException {
        open.add(new ServerSocket(port, 5, InetAddress.getByName(ip)));
    }

    private void agent(String ip, String row) throws IOException {
        open.add(new Agent(InetAddress.getByName(ip), http, question -> question.equals("GET /status?self") ? "200 " + row : "404 "));
    }

    private RingSight sight(int ordinal, String ip) throws Exception {
        return sight(ordinal, ip, LONG);
    }

    private RingSight sight(int ordinal, String ip, RingSight.Patience patience) throws Exception {
        return new RingSight(Files.peers(http, port), Files.peer(ordinal, ip), name -> names.getOrDefault(name, List.of()), patience);
    }

    @Test
    void seesProgramsAndAgentsOfThePodsThatDnsKnows() throws Exception {
        names.put("x-headless", List.of("127.0.0.10", "127.0.0.11", "127.0.0.12"));
        names.put("x-1.x-headless", List.of("127.0.0.11"));
        names.put("x-2.x-headless", List.of("127.0.0.12"));
        program("127.0.0.11");
        agent("127.0.0.11", "{\"pod\":\"x-1\",\"run\":\"r1\",\"phase\":\"started\",\"answers\":true,\"ring\":\"g\",\"given\":{\"x-0\":\"r0\"}}");
        agent("127.0.0.12", "{\"pod\":\"x-2\",\"phase\":\"waiting\"}");

        Seen seen = sight(0, "127.0.0.10").look(true);

        assertThat(seen.named()).isTrue();
        assertThat(seen.others()).containsExactlyInAnyOrder(
                new Sighting("x-1", "127.0.0.11", true, new PeerState("x-1", "r1", PeerPhase.STARTED, true, "g", Map.of("x-0", "r0"))),
                new Sighting("x-2", "127.0.0.12", false, new PeerState("x-2", "", PeerPhase.WAITING, false, "", Map.of())));
    }

    @Test
    void seesADeadPodsAddressAsSilentAndItselfNot() throws Exception {
        names.put("x-headless", List.of("127.0.0.11"));
        names.put("x-1.x-headless", List.of("127.0.0.11"));
        names.put("x-0.x-headless", List.of("127.0.0.10"));

        Seen seen = sight(0, "127.0.0.10").look(true);

        assertThat(seen.named()).isFalse();
        assertThat(seen.others()).containsExactly(new Sighting("x-1", "127.0.0.11", false, null));
    }

    @Test
    void findsPodsThatTheSettingsDoNotKnowOf() throws Exception {
        names.put("x-headless", List.of("127.0.0.10", "127.0.0.15", "127.0.0.16"));
        names.put("x-3.x-headless", List.of("127.0.0.15"));
        agent("127.0.0.16", "{\"pod\":\"x-7\",\"phase\":\"started\"}");
        RingSight sight = sight(0, "127.0.0.10");

        assertThat(sight.look(true).others()).extracting(Sighting::name).containsExactlyInAnyOrder("127.0.0.15", "x-7");
        assertThat(sight.look(true).others()).extracting(Sighting::name).containsExactlyInAnyOrder("x-3", "x-7");
        assertThat(sight.look(true).others()).extracting(Sighting::name).containsExactlyInAnyOrder("x-3", "x-7");
    }

    @Test
    void waitsNoLongerForManyNamesThanForOne() throws Exception {
        RingSight sight = new RingSight(Files.peers(http, port), Files.peer(9, "127.0.0.10"), name -> {
            try {
                Thread.sleep(60_000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return List.of();
        }, new RingSight.Patience(Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(1)));
        long began = System.nanoTime();

        Seen seen = sight.look(true);

        assertThat(seen).isEqualTo(new Seen(false, List.of()));
        assertThat(Duration.ofNanos(System.nanoTime() - began)).as("a second for each of ten would be ten").isLessThan(Duration.ofSeconds(8));
    }

    @Test
    void believesAProgramWhoseAgentHangs() throws Exception {
        names.put("x-1.x-headless", List.of("127.0.0.11"));
        open.add(new ServerSocket(http, 5, InetAddress.getByName("127.0.0.11")));
        program("127.0.0.11");

        assertThat(sight(0, "127.0.0.10", patience(1_500)).look(true).others()).containsExactly(new Sighting("x-1", "127.0.0.11", true, null));
    }

    @Test
    void countsAPodWithTwoAddressesOnceAndItselfNever() throws Exception {
        names.put("x-headless", List.of("127.0.0.10", "127.0.0.11", "127.0.0.20", "127.0.0.21"));
        names.put("x-1.x-headless", List.of("127.0.0.11", "127.0.0.21"));
        agent("127.0.0.20", "{\"pod\":\"x-0\",\"phase\":\"started\"}");

        assertThat(sight(0, "127.0.0.10").look(true).others()).containsExactly(new Sighting("x-1", "127.0.0.11", false, null));
    }

    @Test
    void takesNoStrangerForAPeer() throws Exception {
        names.put("x-headless", List.of("127.0.0.17", "127.0.0.18"));
        names.put("x-1.x-headless", List.of("127.0.0.17"));
        program("127.0.0.17");
        agent("127.0.0.17", "{\"pod\":\"y-1\",\"phase\":\"started\"}");
        program("127.0.0.18");
        agent("127.0.0.18", "{\"pod\":\"x-y-2\",\"phase\":\"started\"}");

        assertThat(sight(0, "127.0.0.10").look(true).others()).isEmpty();
    }

    @Test
    void asksForOneNameAndOnlyForAgentsWhenItIsNotAboutPrograms() throws Exception {
        names.put("x-headless", List.of("127.0.0.10", "127.0.0.11", "127.0.0.12"));
        program("127.0.0.11");
        agent("127.0.0.12", "{\"pod\":\"x-2\",\"phase\":\"waiting\"}");

        assertThat(sight(0, "127.0.0.10").look(false).others()).containsExactlyInAnyOrder(new Sighting(null, "127.0.0.11", false, null),
                new Sighting("x-2", "127.0.0.12", false, new PeerState("x-2", "", PeerPhase.WAITING, false, "", Map.of())));
    }

    @Test
    void keepsLookingWhereTheyWereWhileDnsIsDown() throws Exception {
        names.put("x-headless", List.of("127.0.0.10", "127.0.0.11"));
        names.put("x-1.x-headless", List.of("127.0.0.11"));
        RingSight sight = sight(0, "127.0.0.10");
        sight.look(true);
        names.clear();

        assertThat(sight.look(false)).isEqualTo(new Seen(false, List.of(new Sighting("x-1", "127.0.0.11", false, null))));
    }

    @Test
    void checksTheOwnProgramAtThePodsAddress() throws Exception {
        RingSight sight = sight(0, "127.0.0.10");
        assertThat(sight.answers()).isFalse();

        program("127.0.0.10");

        assertThat(sight.answers()).isTrue();
    }

    @Test
    void wantsAGoodAnswerWhereACheckHasAPath() throws Exception {
        String[] answer = {"200 fine"};
        open.add(new Agent(InetAddress.getByName("127.0.0.10"), port, question -> question.equals("GET /health") ? answer[0] : "404 "));
        RingSight sight = new RingSight(SettingsReader.parse(Files.peersYaml(http, port).replace("port: " + port, "port: " + port + ", check: \"http:/health\"")),
                Files.peer(0, "127.0.0.10"), name -> List.of(), LONG);

        assertThat(sight.answers()).isTrue();
        answer[0] = "302 elsewhere";
        assertThat(sight.answers()).as("as Kubernetes takes a redirection").isTrue();
        answer[0] = "503 busy";
        assertThat(sight.answers()).isFalse();
    }
}
