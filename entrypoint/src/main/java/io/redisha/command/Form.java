package io.redisha.command;

import com.fasterxml.jackson.databind.JsonNode;
import io.redisha.config.Dns;
import io.redisha.config.Invalid;
import io.redisha.config.PasswordFile;
import io.redisha.config.Settings;
import io.redisha.config.SettingsReader;
import io.redisha.model.Shape;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Waits until the release works: all pods in sync with their masters and labelled, and of a cluster every slot in its place. The pods need
 * no help: killed, it has only stopped looking.
 */
@Command(name = "form", description = "Waits until the release works, and shows it.", mixinStandardHelpOptions = true)
public final class Form implements Callable<Integer> {

    @Spec
    CommandSpec spec;

    @Option(names = "--timeout", paramLabel = "TIME", defaultValue = "300s", description = "How long to wait, e.g. 300s or 5m. Default: ${DEFAULT-VALUE}.")
    String timeout;

    @Option(names = "--before", description = "Before a cluster gets the shape that is given here: waits until the pods that go own nothing any more.")
    boolean before;

    @Option(names = "--shards", paramLabel = "N", description = "With --before: masters that the cluster will have.")
    Integer shards;

    @Option(names = "--replicas-per-shard", paramLabel = "N", description = "With --before: replicas that each of them will have.")
    Integer replicasPerShard;

    private final Path settingsFile;
    private final Path passwordFile;
    private final Lookup hosts;

    private PrintWriter out;
    private PrintWriter err;

    /** Where a pod is asked. */
    interface Lookup {
        String hostOf(Settings settings, String pod);
    }

    public Form() {
        this(SettingsReader.FILE, PasswordFile.FILE, Settings::hostOf);
    }

    Form(Path settingsFile, Path passwordFile, Lookup hosts) {
        this.settingsFile = settingsFile;
        this.passwordFile = passwordFile;
        this.hosts = hosts;
    }

    @Override
    public Integer call() throws InterruptedException {
        Duration within = duration(timeout);
        if (before == (shards == null) || before == (replicasPerShard == null)) {
            throw new ParameterException(spec.commandLine(), "--before, --shards and --replicas-per-shard go together");
        }
        Dns.forgetSoon();
        out = spec.commandLine().getOut();
        err = spec.commandLine().getErr();
        if (before && !Files.exists(settingsFile)) {
            return nothingToMove("nothing is installed yet");
        }
        Settings settings;
        try {
            settings = SettingsReader.read(settingsFile);
        } catch (Invalid e) {
            return refuse(e);
        }
        boolean cluster = settings.architecture() == Settings.Architecture.CLUSTER;
        if (before && !cluster) {
            return nothingToMove("no cluster is installed");
        }
        if (settings.architecture() == Settings.Architecture.PEERS) {
            err.println("redis-ha: architecture: given peers, expected another: they find each other, and have nothing to form");
            return 1;
        }
        Pods pods = new Pods(settings, hosts);
        Waiting waiting = new Waiting(out, within);
        if (settings.architecture() == Settings.Architecture.SENTINEL) {
            return sentinel(settings, pods, waiting);
        }
        if (!cluster) {
            return replication(settings, pods, waiting);
        }
        String password;
        try {
            password = PasswordFile.read(passwordFile, settings.auth());
        } catch (Invalid e) {
            return refuse(e);
        }
        if (password == null) {
            err.println("redis-ha: there is no password in " + passwordFile);
            return 1;
        }
        Target target = new Target(pods, password);
        return before ? new Departure(settings, pods, target, waiting).to(Shape.of(shards, replicasPerShard), within, out, err)
                : cluster(settings, pods, target, waiting);
    }

    private int refuse(Invalid invalid) {
        invalid.problems().forEach(problem -> err.println("redis-ha: " + problem));
        return 1;
    }

    private int nothingToMove(String why) {
        out.println(why + ": nothing to move");
        out.flush();
        return 0;
    }

    private int replication(Settings settings, Pods pods, Waiting waiting) throws InterruptedException {
        String[] leader = {null};
        List<String> missing = waiting.until(() -> {
            Map<String, JsonNode> answers = pods.ask(settings.podNames(), "/status?output=json");
            leader[0] = answers.values().stream().map(a -> a.path("leader").asText()).findFirst().orElse(null);
            return new Waiting.Seen(Formation.missing(settings, answers), null);
        });
        return end(settings, pods, missing, leader[0]);
    }

    private int sentinel(Settings settings, Pods pods, Waiting waiting) throws InterruptedException {
        List<String> all = Stream.concat(settings.podNames().stream(), settings.sentinel().podNames().stream()).toList();
        String[] asked = {null};
        List<String> missing = waiting.until(() -> {
            Map<String, JsonNode> answers = pods.ask(all, "/status?self");
            asked[0] = answers.keySet().stream().findFirst().orElse(null);
            return new Waiting.Seen(SentinelFormation.missing(settings, answers), null);
        });
        return end(settings, pods, missing, asked[0]);
    }

    private int cluster(Settings settings, Pods pods, Target target, Waiting waiting) throws InterruptedException {
        String[] asked = {null};
        List<String> missing = waiting.until(() -> {
            Map<String, JsonNode> answers = pods.ask(settings.podNames(), "/status?self");
            // The StatefulSet has the wanted shape by now: what was announced before it is over.
            String unclear = target.order(null, List.copyOf(answers.keySet()));
            asked[0] = answers.keySet().stream().findFirst().orElse(null);
            List<String> found = new ArrayList<>(ClusterFormation.missing(settings, answers));
            if (unclear != null && !answers.isEmpty()) {
                found.add(unclear);
            }
            return new Waiting.Seen(found, Departure.progress(answers));
        });
        return end(settings, pods, missing, asked[0]);
    }

    private int end(Settings settings, Pods pods, List<String> missing, String asked) {
        if (missing.isEmpty()) {
            out.print(pods.table(asked));
            out.flush();
            return 0;
        }
        err.println("redis-ha: " + settings.name() + " does not work after " + timeout + ":");
        missing.forEach(problem -> err.println("  " + problem));
        return 1;
    }

    private Duration duration(String text) {
        if (!text.matches("\\d{1,6}[sm]")) {
            throw new ParameterException(spec.commandLine(), "--timeout: given " + text + ", expected a duration such as 300s or 5m");
        }
        int number = Integer.parseInt(text, 0, text.length() - 1, 10);
        return text.endsWith("m") ? Duration.ofMinutes(number) : Duration.ofSeconds(number);
    }
}
