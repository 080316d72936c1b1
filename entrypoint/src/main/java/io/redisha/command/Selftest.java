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
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What {@code helm test} runs: uses the release as a client does. It changes the master only if it is told to. */
@Command(name = "selftest", description = "Writes and reads, as a client does.", mixinStandardHelpOptions = true)
public final class Selftest implements Callable<Integer> {

    private static final Duration ANSWER = Duration.ofSeconds(2);
    /** Much longer than a failover, so that a red test means that something is wrong. */
    private static final Duration STEP = Duration.ofSeconds(20);
    private static final String KEY = "redis-ha:selftest:";
    /** So many that every one of three masters has some, but for once in ten million times. */
    private static final int CLUSTER_KEYS = 40;

    @Spec
    CommandSpec spec;

    @Option(names = "--switchover", description = "Change the master in between, and write and read again.")
    boolean switchover;

    private final Path settingsFile;
    private final Path passwordFile;
    private final Form.Lookup hosts;

    /** Where the last keys were written to. */
    private final Set<String> masters = new TreeSet<>();

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
            password = PasswordFile.read(passwordFile, settings.auth());
            if (password == null) {
                throw new IOException("there is no password in " + passwordFile);
            }
            switch (settings.architecture()) {
                case REPLICATION -> test();
                case SENTINEL -> testSentinel();
                case CLUSTER -> testCluster();
                case PEERS -> throw new IOException("architecture peers has no server of ours to be tested");
            }
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
        String key = KEY + UUID.randomUUID();
        String master = settings.services().master();
        write(master, key, "before");
        if (settings.replicas() == 1) {
            read(master, key, "before");
        } else {
            read(settings.services().replicas(), key, "before");
            if (switchover) {
                switchOver(null);
                read(master, key, "before");
                write(master, key, "after");
                read(settings.services().replicas(), key, "after");
            }
        }
        eventually("delete", () -> command(master, "DEL", key));
    }

    /** As clients do that know no Service's name, and as those that ask the sentinels. */
    private void testSentinel() throws IOException, InterruptedException {
        test();
        String key = KEY + UUID.randomUUID();
        String master = eventually("ask the sentinels", this::named);
        write(master, key, "by name");
        read(master, key, "by name");
        eventually("delete", () -> command(master, "DEL", key));
    }

    private String named() throws IOException {
        String service = settings.sentinel().name();
        String wanted = settings.sentinel().auth() && settings.auth().enabled() ? password : null;
        try (Resp sentinel = new Resp(service, settings.ports().sentinel(), wanted, ANSWER)) {
            List<String> address = sentinel.list("SENTINEL", "GET-MASTER-ADDR-BY-NAME", settings.sentinel().masterName());
            if (address.isEmpty()) {
                throw new IOException(service + " knows no " + settings.sentinel().masterName());
            }
            say(settings.sentinel().masterName() + " is " + address.getFirst() + ", says " + service);
            return address.getFirst();
        }
    }

    /** Keys of many slots, each found by following MOVED, as every client of a cluster does. */
    private void testCluster() throws IOException, InterruptedException {
        String run = KEY + UUID.randomUUID() + ":";
        List<String> keys = IntStream.range(0, CLUSTER_KEYS).mapToObj(i -> run + i).toList();
        writeAll(keys, "before");
        readAll(keys, "before");
        if (switchover && settings.cluster().replicasPerShard() > 0) {
            switchOver(0);
            readAll(keys, "before");
            writeAll(keys, "after");
            readAll(keys, "after");
        }
        for (String key : keys) {
            eventually("delete", () -> follow("DEL", key));
        }
    }

    /** @param shard null in replication */
    private void switchOver(Integer shard) throws IOException, InterruptedException {
        PlainHttp.Reply outcome = eventually("switch over",
                () -> Switchover.request(hosts.hostOf(settings, settings.podNames().getFirst()), settings, password, shard, null));
        if (outcome.status() != 200) {
            throw new IOException("switchover: " + (outcome.status() == 401 ? "the password was not accepted" : outcome.body().strip()));
        }
        say("switchover: " + outcome.body().strip());
    }

    private void writeAll(List<String> keys, String value) throws IOException, InterruptedException {
        masters.clear();
        for (String key : keys) {
            eventually("write " + key, () -> follow("SET", key, value, "EX", "300"));
        }
        say("wrote \"" + value + "\" to " + keys.size() + " keys on " + masters.size() + " masters");
    }

    private void readAll(List<String> keys, String value) throws IOException, InterruptedException {
        for (String key : keys) {
            eventually("read " + key, () -> found(value, follow("GET", key)));
        }
        say("read \"" + value + "\" from " + keys.size() + " keys");
    }

    /** Starts where clients start, at the Service of all pods. */
    private String follow(String... words) throws IOException {
        String host = settings.name();
        int port = settings.ports().redis();
        boolean ask = false;
        for (int redirections = 0; redirections < 5; redirections++) {
            try (Resp server = new Resp(host, port, settings.auth().enabled() ? password : null, ANSWER)) {
                if (ask) {
                    server.call("ASKING");
                }
                String reply = server.call(words);
                masters.add(server.remote());
                return reply;
            } catch (Resp.Elsewhere elsewhere) {
                host = elsewhere.host().isEmpty() ? host : elsewhere.host();
                port = elsewhere.port();
                ask = elsewhere.ask();
            }
        }
        throw new IOException("sent from one server to the next, five times");
    }

    private void write(String host, String key, String value) throws IOException, InterruptedException {
        eventually("write through " + host, () -> command(host, "SET", key, value, "EX", "300"));
        say("wrote \"" + value + "\" through " + host);
    }

    private void read(String host, String key, String value) throws IOException, InterruptedException {
        eventually("read from " + host, () -> found(value, command(host, "GET", key)));
        say("read \"" + value + "\" from " + host);
    }

    private static String found(String wanted, String found) throws IOException {
        if (!wanted.equals(found)) {
            throw new IOException("found " + found + " instead of " + wanted);
        }
        return found;
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
