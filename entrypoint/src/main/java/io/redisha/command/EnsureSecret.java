package io.redisha.command;

import io.redisha.kube.KubeSecret;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Makes the Secret with the release's password, once: rendering the chart then needs no random value. */
@Command(name = "ensure-secret", description = "Creates the Secret with a random password unless it exists.", mixinStandardHelpOptions = true)
public final class EnsureSecret implements Callable<Integer> {

    @Spec
    CommandSpec spec;

    @Option(names = "--name", required = true, paramLabel = "NAME", description = "The Secret, in this pod's namespace.")
    String name;

    @Option(names = "--key", required = true, paramLabel = "KEY", description = "The key that holds the password.")
    String key;

    @Option(names = "--label", paramLabel = "K=V", description = "A label for the new Secret.")
    Map<String, String> labels = new LinkedHashMap<>();

    @Option(names = "--annotation", paramLabel = "K=V", description = "An annotation for the new Secret.")
    Map<String, String> annotations = new LinkedHashMap<>();

    @Option(names = "--former-label", paramLabel = "K=V",
            description = "A label of a Secret made by an earlier version. One that has all of them gets the labels and annotations of a new one.")
    Map<String, String> formerLabels = new LinkedHashMap<>();

    @Option(names = "--timeout", paramLabel = "SECONDS", defaultValue = "60", description = "How long to try (${DEFAULT-VALUE}).")
    int timeout;

    private final UnaryOperator<String> env;

    public EnsureSecret() {
        this(System::getenv);
    }

    EnsureSecret(UnaryOperator<String> env) {
        this.env = env;
    }

    @Override
    public Integer call() throws InterruptedException {
        KubeSecret.Outcome outcome;
        try (KubeSecret secret = new KubeSecret(env)) {
            outcome = secret.ensure(name, key, new KubeSecret.Marks(labels, annotations, formerLabels), Duration.ofSeconds(timeout));
        } catch (RuntimeException e) {
            outcome = new KubeSecret.Outcome(false, "Secret " + name + " cannot be created: " + e.getMessage());
        }
        (outcome.there() ? spec.commandLine().getOut() : spec.commandLine().getErr()).println("redis-ha: " + outcome.message());
        return outcome.there() ? 0 : 1;
    }
}
