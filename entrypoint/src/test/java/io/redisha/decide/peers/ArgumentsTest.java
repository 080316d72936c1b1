package io.redisha.decide.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.decide.peers.Arguments.Pod;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArgumentsTest {

    private static final Pod SELF = pod(2);
    private static final List<Pod> OTHERS = List.of(pod(0), pod(1));

    private static Pod pod(int ordinal) {
        return new Pod("x-" + ordinal, "x-" + ordinal + ".x-headless", "10.0.0." + ordinal, ordinal);
    }

    private static List<String> expand(String perPeer, String separator, List<Pod> peers, String... args) {
        return new Arguments(List.of("serf", "agent"), List.of(args), perPeer, separator, 7946).expand(SELF, peers);
    }

    @Test
    void givesEachPeerAnArgument() {
        assertThat(expand("-join={host}:{port}", "", OTHERS, "-node={self}", "{peer}", "-v"))
                .containsExactly("serf", "agent", "-node=x-2", "-join=x-0.x-headless:7946", "-join=x-1.x-headless:7946", "-v");
    }

    @Test
    void repeatsWhatStandsAroundThePeer() {
        assertThat(expand("{ip}", "", OTHERS, "-join={peer}")).containsExactly("serf", "agent", "-join=10.0.0.0", "-join=10.0.0.1");
    }

    @Test
    void givesOneListWhereThereIsASeparator() {
        assertThat(expand("nats://{host}:{port}", ",", OTHERS, "--routes={peer}"))
                .containsExactly("serf", "agent", "--routes=nats://x-0.x-headless:7946,nats://x-1.x-headless:7946");
    }

    @Test
    void writesHostAndPortUnlessToldOtherwise() {
        assertThat(expand("", ",", OTHERS, "--peers={peer}")).last().isEqualTo("--peers=x-0.x-headless:7946,x-1.x-headless:7946");
    }

    @Test
    void leavesOutAnArgumentForPeersWhenThereAreNone() {
        assertThat(expand("", "", List.of(), "a", "--join={peer}", "b")).containsExactly("serf", "agent", "a", "b");
        assertThat(expand("", ",", List.of(), "a", "--routes {peer}", "b")).containsExactly("serf", "agent", "a", "b");
    }

    @Test
    void splitsAnArgumentForPeersAtBlanks() {
        assertThat(expand("--join {host}", "", OTHERS, "{peer}")).containsExactly("serf", "agent", "--join", "x-0.x-headless", "--join", "x-1.x-headless");
        assertThat(expand("{ip}", ",", OTHERS, "--routes {peer}")).containsExactly("serf", "agent", "--routes", "10.0.0.0,10.0.0.1");
        assertThat(expand("{ip}", ",", OTHERS, "-e a b={self}", "{peer}")).contains("-e a b=x-2");
    }

    @Test
    void speaksOfThePodItselfInArgumentsAndOfThePeerInItsOwn() {
        assertThat(expand("{ordinal}={host}:{port}<{self}", ";", OTHERS, "{ordinal} {host} {ip} {port} {self}", "{peer}")).containsExactly("serf", "agent",
                "2 x-2.x-headless 10.0.0.2 7946 x-2", "0=x-0.x-headless:7946<x-2;1=x-1.x-headless:7946<x-2");
    }

    @Test
    void fillsTheCommandToo() {
        assertThat(new Arguments(List.of("/run-{ordinal}", "--join={peer}"), List.of("-v"), "{ip}", "", 1).expand(SELF, OTHERS))
                .containsExactly("/run-2", "--join=10.0.0.0", "--join=10.0.0.1", "-v");
    }

    @Test
    void takesNothingForAPlaceholderThatOnlyBeginsLikeOne() {
        assertThat(expand("", "", List.of(), "{ip} {ip6} {ip_6} {port1}")).last().isEqualTo("10.0.0.2 {ip6} {ip_6} {port1}");
    }

    @Test
    void leavesTheProgramItsOwnBracesAndDollars() {
        assertThat(expand("", "", List.of(), "-tags={\"a\": {}, \"b\": \"$1 {pod}\"}")).last().isEqualTo("-tags={\"a\": {}, \"b\": \"$1 {pod}\"}");
    }
}
