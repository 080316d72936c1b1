package io.redisha.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.redisha.config.Dns;
import io.redisha.config.Invalid;
import io.redisha.config.Settings;
import io.redisha.config.SettingsReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Waits until the release works: one master, all others in sync with it, every pod labelled. It only looks; the pods need no help. */
@Command(name = "form", description = "Waits until the release works, and shows it.", mixinStandardHelpOptions = true)
public final class Form implements Callable<Integer> {

    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final Duration PAUSE = Duration.ofMillis(250);

    @Spec
    CommandSpec spec;

    @Option(names = "--timeout", paramLabel = "TIME", defaultValue = "300s", description = "How long to wait, e.g. 300s or 5m. Default: ${DEFAULT-VALUE}.")
    String timeout;

    private final Path settingsFile;
    private final Lookup hosts;

    /** Where a pod is asked. */
    interface Lookup {
        String hostOf(Settings settings, String pod);
    }

    public Form() {
        this(SettingsReader.FILE, Settings::hostOf);
    }

    Form(Path settingsFile, Lookup hosts) {
        this.settingsFile = settingsFile;
        this.hosts = hosts;
    }

    @Override
    public Integer call() throws InterruptedException {
        long within = duration(timeout).toNanos();
        Dns.forgetSoon();
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        Settings settings;
        try {
            settings = SettingsReader.read(settingsFile);
        } catch (Invalid e) {
            e.problems().forEach(problem -> err.println("redis-ha: " + problem));
            return 1;
        }
        long start = System.nanoTime();
        List<String> before = List.of();
        while (true) {
            Map<String, JsonNode> answers = ask(settings);
            List<String> missing = Formation.missing(settings, answers);
            if (missing.isEmpty()) {
                out.print(table(settings, answers.values().iterator().next().path("leader").asText()));
                out.flush();
                return 0;
            }
            if (!missing.equals(before)) {
                out.println(seconds(start) + "  waiting: " + String.join("; ", missing));
                out.flush();
                before = missing;
            }
            if (System.nanoTime() - start > within) {
                err.println("redis-ha: " + settings.name() + " does not work after " + timeout + ":");
                missing.forEach(problem -> err.println("  " + problem));
                return 1;
            }
            Thread.sleep(PAUSE);
        }
    }

    /** All at once: one that does not answer must not make the others look silent too. */
    private Map<String, JsonNode> ask(Settings settings) throws InterruptedException {
        JsonMapper json = new JsonMapper();   // here and no earlier: picocli makes every command to run one
        Map<String, JsonNode> answers = new LinkedHashMap<>();
        List<Thread> questions = settings.podNames().stream().map(pod -> Thread.ofVirtual().start(() -> {
            try {
                PlainHttp.Reply reply = PlainHttp.get(hosts.hostOf(settings, pod), settings.ports().http(), "/status?output=json", PATIENCE);
                if (reply.status() == 200) {
                    JsonNode answer = json.readTree(reply.body());
                    synchronized (answers) {
                        answers.put(pod, answer);
                    }
                }
            } catch (IOException | RuntimeException e) {
                // It does not answer: that is what is shown.
            }
        })).toList();
        for (Thread question : questions) {
            question.join(PATIENCE.multipliedBy(2));
        }
        synchronized (answers) {
            return Map.copyOf(answers);
        }
    }

    private String table(Settings settings, String leader) {
        try {
            return PlainHttp.get(hosts.hostOf(settings, leader), settings.ports().http(), "/status?output=table", PATIENCE).body();
        } catch (IOException e) {
            return "";
        }
    }

    private Duration duration(String text) {
        if (!text.matches("\\d{1,6}[sm]")) {
            throw new ParameterException(spec.commandLine(), "--timeout: given " + text + ", expected a duration such as 300s or 5m");
        }
        int number = Integer.parseInt(text, 0, text.length() - 1, 10);
        return text.endsWith("m") ? Duration.ofMinutes(number) : Duration.ofSeconds(number);
    }

    private static String seconds(long start) {
        return String.format(java.util.Locale.ROOT, "%5.1f s", (System.nanoTime() - start) / 1e9);
    }
}
