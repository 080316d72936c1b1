package io.redisha.command;

import com.fasterxml.jackson.databind.JsonNode;
import io.redisha.config.PasswordFile;
import io.redisha.config.Settings;
import io.redisha.config.SettingsReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Asks the leader, or the master of a shard, through this pod's agent, to hand over. */
@Command(name = "switchover", description = "Makes another pod the master, without losing a write.", mixinStandardHelpOptions = true)
public final class Switchover implements Callable<Integer> {

    @Spec
    CommandSpec spec;

    @Option(names = "--to", paramLabel = "POD", description = "The pod to hand over to. Default: the replica that is best fit.")
    String to;

    @Option(names = "--shard", paramLabel = "N", description = "Of a cluster: the shard that gets another master, unless --to tells.")
    Integer shard;

    private final Path settingsFile;
    private final Path passwordFile;
    private final String pod;
    private final Form.Lookup hosts;

    public Switchover() {
        this(SettingsReader.FILE, PasswordFile.FILE, Objects.requireNonNullElse(System.getenv("POD_NAME"), ""), Settings::hostOf);
    }

    Switchover(Path settingsFile, Path passwordFile) {
        this(settingsFile, passwordFile, "", Settings::hostOf);
    }

    /** @param pod that it runs in */
    Switchover(Path settingsFile, Path passwordFile, String pod, Form.Lookup hosts) {
        this.settingsFile = settingsFile;
        this.passwordFile = passwordFile;
        this.pod = pod;
        this.hosts = hosts;
    }

    @Override
    public Integer call() {
        if (to != null && !to.matches("[-a-z0-9.]+")) {
            throw new ParameterException(spec.commandLine(), "--to: given " + to + ", expected a pod's name");
        }
        return Order.give(spec, settingsFile, passwordFile, (settings, password) -> {
            boolean cluster = settings.architecture() == Settings.Architecture.CLUSTER;
            if (!cluster && shard != null) {
                throw new ParameterException(spec.commandLine(), "--shard: given " + shard + ", expected none: architecture "
                        + settings.architecture().name().toLowerCase(Locale.ROOT) + " has one master");
            }
            if (cluster && shard == null && to == null) {
                throw new ParameterException(spec.commandLine(), "given neither --shard nor --to, expected one of them: each shard has its own master");
            }
            return settings.isSentinel(pod) ? atAnyServer(settings, password) : request("127.0.0.1", settings, password, shard, to);
        });
    }

    /** A sentinel's agent hands nothing over; any server's passes the order on to the master's. */
    private PlainHttp.Reply atAnyServer(Settings settings, String password) throws IOException {
        try {
            SortedMap<String, JsonNode> answers = new Pods(settings, hosts).ask(settings.podNames(), "/status?self");
            if (answers.isEmpty()) {
                throw new IOException("this is a sentinel's, and no server's answers");
            }
            return request(hosts.hostOf(settings, answers.firstKey()), settings, password, null, to);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /**
     * @param shard null in replication, or if {@code to} tells
     * @param to    null = whoever is best
     */
    static PlainHttp.Reply request(String host, Settings settings, String password, Integer shard, String to) throws IOException {
        boolean cluster = settings.architecture() == Settings.Architecture.CLUSTER;
        long handover = cluster ? settings.cluster().handoverTimeout() : settings.failover().timings().handover();
        List<String> body = new ArrayList<>();
        if (shard != null) {
            body.add("\"shard\":" + shard);
        }
        if (to != null) {
            body.add("\"to\":\"" + to + "\"");
        }
        return Pods.order(host, settings, "/member/switchover", password, "{" + String.join(",", body) + "}", Duration.ofNanos(handover).plusSeconds(5));
    }
}
