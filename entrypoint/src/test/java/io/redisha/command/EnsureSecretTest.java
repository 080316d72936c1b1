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

    /** As the chart gives it: an annotation's value has an equals sign of its own. */
    @Test
    void splitsAMarkAtItsFirstEqualsSign() {
        EnsureSecret command = new EnsureSecret(name -> null);
        new CommandLine(command).parseArgs("--name", "pw", "--key", "password", "--annotation", "argocd.argoproj.io/sync-options=Prune=false,Delete=false",
                "--label", "redis-ha/release=cache", "--former-label", "app.kubernetes.io/instance=cache");
        assertThat(command.annotations).isEqualTo(Map.of("argocd.argoproj.io/sync-options", "Prune=false,Delete=false"));
        assertThat(command.labels).isEqualTo(Map.of("redis-ha/release", "cache"));
        assertThat(command.formerLabels).isEqualTo(Map.of("app.kubernetes.io/instance", "cache"));
    }

    @Test
    void wantsANameAndAKey() {
        assertThat(run(Map.of())).isEqualTo(2);
        assertThat(err.toString()).contains("--name", "--key");
    }
}
