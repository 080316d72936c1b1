package io.redisha.command;

import io.redisha.config.Dns;
import io.redisha.config.Invalid;
import io.redisha.config.PodEnvironment;
import io.redisha.config.Settings;
import io.redisha.config.SettingsReader;
import io.redisha.decide.peers.Arguments;
import io.redisha.kube.KubeClient;
import io.redisha.kube.KubeEvents;
import io.redisha.log.Log;
import io.redisha.model.Sighting;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Says whom this pod's program is to join: for a person, or for a program that somebody else starts. */
@Command(name = "peers", description = "Shows the peers that this pod's program is to join, a line each.", mixinStandardHelpOptions = true)
public final class Peers implements Callable<Integer> {

    private static final Duration API = Duration.ofMillis(1500);
    private static final long EVERY = 2000;

    @Spec
    CommandSpec spec;

    @Option(names = "--write", paramLabel = "DIR", description = "Waits until they are known, and writes DIR/args (an argument a line) and DIR/env (for a shell).")
    Path directory;

    @Option(names = "--watch", description = "With --write: for ever, so that a program that is started again finds those of now; answers probes meanwhile.")
    boolean watch;

    private final Path settingsFile;

    private final UnaryOperator<String> environment;

    public Peers() {
        this(SettingsReader.FILE, System::getenv);
    }

    Peers(Path settingsFile, UnaryOperator<String> environment) {
        this.settingsFile = settingsFile;
        this.environment = environment;
    }

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        if (watch && directory == null) {
            throw new ParameterException(spec.commandLine(), "--watch goes with --write");
        }
        try {
            Settings settings = SettingsReader.read(settingsFile);
            if (settings.peers() == null) {
                throw new Invalid(List.of("architecture: given " + settings.architecture().name().toLowerCase(Locale.ROOT) + ", expected peers"));
            }
            Dns.forgetSoon();
            PodEnvironment env = PodEnvironment.read(environment);
            if (directory == null) {
                // only a look: nothing but what is asked for is printed
                Log.configure(Log.Format.TEXT, org.slf4j.event.Level.ERROR);
            } else {
                Log.configure(Log.Format.valueOf(settings.log().format().name()), org.slf4j.event.Level.valueOf(settings.log().level().name()));
            }
            KubeClient kube = KubeClient.inCluster(API, environment);
            KubeEvents events = watch ? new KubeEvents(kube, env, "watch") : KubeEvents.ofInit(kube, env, "peers");
            Ring ring = Ring.startedElsewhere(settings, env, events);
            if (directory == null) {
                return print(ring);
            }
            if (watch) {
                keep(ring);
            } else {
                ring.show();
                write(directory, ring, ring.member.gather());
                events.settle(API);
                Log.flush();
            }
            return 0;
        } catch (Invalid e) {
            e.problems().forEach(problem -> err.println("redis-ha: " + problem));
        } catch (IOException e) {
            err.println("redis-ha: " + e);
        }
        return 1;
    }

    private int print(Ring ring) throws InterruptedException {
        List<Sighting> peers = ring.member.now();
        if (peers == null) {
            spec.commandLine().getErr().println("redis-ha: it is not clear yet: nobody answers, but somebody may");
            return 1;
        }
        PrintWriter out = spec.commandLine().getOut();
        ring.list(peers).forEach(out::println);
        out.flush();
        return 0;
    }

    /** A program that starts again while nobody answers is better told of those that were there than of nobody. */
    private void keep(Ring ring) throws IOException, InterruptedException {
        ring.member.startedElsewhere();
        ring.show();
        ring.watch();
        List<String> before = null;
        while (true) {
            List<Sighting> peers = ring.member.news();
            if (peers != null && !peers.isEmpty() && !ring.arguments(peers).equals(before)) {
                write(directory, ring, peers);
                before = ring.arguments(peers);
            }
            Thread.sleep(EVERY);
        }
    }

    /** Each file whole or not at all: the program may be starting just now. */
    static void write(Path directory, Ring ring, List<Sighting> peers) throws IOException {
        List<String> arguments = ring.arguments(peers);
        replace(directory.resolve("args"), arguments.stream().map(argument -> argument + "\n").collect(Collectors.joining()));
        Arguments.Pod self = ring.self();
        Map<String, String> env = new LinkedHashMap<>();
        env.put("PEERS", String.join(ring.separator(), ring.list(peers)));
        env.put("PEER_COUNT", Integer.toString(peers.size()));
        env.put("PEER_ARGS", arguments.stream().map(Peers::quoted).collect(Collectors.joining(" ")));
        env.put("PEER_SELF", self.name());
        env.put("PEER_HOST", self.host());
        env.put("PEER_IP", self.ip());
        env.put("PEER_ORDINAL", Integer.toString(self.ordinal()));
        replace(directory.resolve("env"), env.entrySet().stream().map(entry -> entry.getKey() + "=" + quoted(entry.getValue()) + "\n").collect(Collectors.joining()));
    }

    private static void replace(Path file, String text) throws IOException {
        Path half = file.resolveSibling("." + file.getFileName());
        Files.writeString(half, text);
        Files.move(half, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /** So that a shell takes it for one word, whatever is in it. */
    static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }
}
