package io.redisha.command;

import io.redisha.config.Dns;
import io.redisha.config.Invalid;
import io.redisha.config.PasswordFile;
import io.redisha.config.Settings;
import io.redisha.config.SettingsReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What {@code helm test} runs: uses the release as a client does, and switches over in between. */
@Command(name = "selftest", description = "Writes, reads, switches over, and writes and reads again.", mixinStandardHelpOptions = true)
public final class Selftest implements Callable<Integer> {

    private static final Duration ANSWER = Duration.ofSeconds(2);
    /** Much longer than a failover, so that a red test means that something is wrong. */
    private static final Duration STEP = Duration.ofSeconds(20);

    @Spec
    CommandSpec spec;

    private final Path settingsFile;
    private final Path passwordFile;
    private final Form.Lookup hosts;

    private PrintWriter out;
    private Settings settings;
    private String password;

    public Selftest() {
        this(SettingsReader.FILE, PasswordFile.FILE, Settings::hostOf);
    }

    Selftest(Path settingsFile, Path passwordFile, Form.Lookup hosts) {
        this.settingsFile = settingsFile;
        this.passwordFile = passwordFile;
        this.hosts = hosts;
    }

    @Override
    public Integer call() throws InterruptedException {
        Dns.forgetSoon();
        out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        try {
            settings = SettingsReader.read(settingsFile);
            password = PasswordFile.read(passwordFile);
            if (password == null) {
                throw new IOException("there is no password in " + passwordFile);
            }
            test();
            out.println(settings.name() + " works");
            out.flush();
            return 0;
        } catch (Invalid e) {
            e.problems().forEach(problem -> err.println("redis-ha: " + problem));
        } catch (IOException e) {
            err.println("redis-ha: " + e.getMessage());
        }
        return 1;
    }

    private void test() throws IOException, InterruptedException {
        String key = "redis-ha:selftest:" + UUID.randomUUID();
        String master = settings.services().master();
        write(master, key, "before");
        if (settings.replicas() == 1) {
            read(master, key, "before");
        } else {
            read(settings.services().replicas(), key, "before");
            PlainHttp.Reply outcome = eventually("switch over",
                    () -> Switchover.request(hosts.hostOf(settings, settings.podNames().getFirst()), settings, password, null));
            if (outcome.status() != 200) {
                throw new IOException("switchover: " + (outcome.status() == 401 ? "the password was not accepted" : outcome.body().strip()));
            }
            say("switchover: " + outcome.body().strip());
            read(master, key, "before");
            write(master, key, "after");
            read(settings.services().replicas(), key, "after");
        }
        eventually("delete", () -> command(master, "DEL", key));
    }

    private void write(String host, String key, String value) throws IOException, InterruptedException {
        eventually("write through " + host, () -> command(host, "SET", key, value, "EX", "300"));
        say("wrote \"" + value + "\" through " + host);
    }

    private void read(String host, String key, String value) throws IOException, InterruptedException {
        eventually("read from " + host, () -> {
            String found = command(host, "GET", key);
            if (!value.equals(found)) {
                throw new IOException("found " + found + " instead of " + value);
            }
            return found;
        });
        say("read \"" + value + "\" from " + host);
    }

    private String command(String host, String... words) throws IOException {
        try (Resp server = new Resp(host, settings.ports().redis(), settings.auth().enabled() ? password : null, ANSWER)) {
            return server.call(words);
        }
    }

    private void say(String step) {
        out.println(step);
        out.flush();
    }

    private interface Step<T> {
        T run() throws IOException;
    }

    /** A replica needs a moment, and so does a client after a change of master. */
    private static <T> T eventually(String what, Step<T> step) throws IOException, InterruptedException {
        long end = System.nanoTime() + STEP.toNanos();
        while (true) {
            try {
                return step.run();
            } catch (IOException e) {
                if (System.nanoTime() > end) {
                    throw new IOException(what + ": " + e.getMessage() + ", for " + STEP.toSeconds() + " s", e);
                }
                Thread.sleep(50);
            }
        }
    }
}
