package io.redisha.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class EnsureSecretTest {

    private final StringWriter err = new StringWriter();

    private int run(Map<String, String> env, String... args) {
        return new CommandLine(new EnsureSecret(env::get)).setErr(new PrintWriter(err)).execute(args);
    }

    @Test
    void saysInOneLineThatItIsNotInACluster() {
        assertThat(run(Map.of("POD_NAMESPACE", "ns"), "--name", "pw", "--key", "password", "--timeout", "0")).isEqualTo(1);
        assertThat(err.toString().lines()).singleElement().asString()
                .startsWith("redis-ha: Secret pw cannot be created: ").contains("not in a cluster?");
    }

    @Test
    void wantsANameAndAKey() {
        assertThat(run(Map.of())).isEqualTo(2);
        assertThat(err.toString()).contains("--name", "--key");
    }
}
