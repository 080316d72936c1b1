package io.redisha.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The machine room: power, cables and control-plane processes, through tests/lab/lab. What it broke, it can heal. */
public final class Lab {

    private final Path state;
    private final Shell shell;
    /** Something was off, so the nodes' kube-proxies may still wait, up to half a minute, before they look again. */
    private boolean unsettled;
    private final Set<List<String>> damage = Collections.synchronizedSet(new LinkedHashSet<>());

    public Lab() {
        // In this project LAB names the lab's state; a script given in its place must not reach that script as its state.
        Path given = Path.of(Optional.ofNullable(System.getenv("LAB")).orElse("/var/lib/redis-ha-lab"));
        state = Files.isDirectory(given) || !Files.exists(given) ? given : Path.of("/var/lib/redis-ha-lab");
        Map<String, String> environment = new HashMap<>();
        environment.put("LAB", state.toString());
        environment.put("PATH", state.resolve("bin") + ":" + System.getenv("PATH"));
        environment.put("KUBECONFIG", Optional.ofNullable(System.getenv("KUBECONFIG")).orElse(state.resolve("admin.kubeconfig").toString()));
        shell = new Shell(environment);
    }

    public Shell shell() {
        return shell;
    }

    /** The lab's own, or what the user has. Java looks for programs in its own PATH, not in the child's. */
    public String tool(String name) {
        Path own = state.resolve("bin").resolve(name);
        return Files.isExecutable(own) ? own.toString() : name;
    }

    /** Where tests/clients/install has put the clients of other languages. */
    public Path clients() {
        return state.resolve("clients");
    }

    public Path kubeconfig() {
        return Path.of(Optional.ofNullable(System.getenv("KUBECONFIG")).orElse(state.resolve("admin.kubeconfig").toString()));
    }

    /** Two suites on one machine would cut each other's power. */
    public AutoCloseable waitForTurn() {
        try {
            FileChannel file = FileChannel.open(Files.createDirectories(state).resolve("tests.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = file.tryLock();
            if (lock == null) {
                System.out.println("waiting for other tests on this lab to end");
                file.lock();
            }
            return file;
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /** The chart of the version before this one, whose image the nodes have from now on. Built if it is not there yet: minutes. */
    public Path previousChart() {
        String script = Shell.repository().resolve("tests/bin/previous").toString();
        return Path.of(shell.run(Duration.ofMinutes(10), List.of(script)).orThrow().out().strip()).resolve("chart");
    }

    public List<String> nodes() {
        return List.of("node1", "node2", "node3");
    }

    public String otherThan(String... taken) {
        return nodes().stream().filter(node -> !List.of(taken).contains(node)).findFirst().orElseThrow();
    }

    /** Every process of the node dies at once and its cable is pulled. */
    public void powerCut(String node) {
        damage.add(List.of("node-up", number(node)));
        lab("node-kill", number(node));
    }

    public void powerOn(String node) {
        unsettled = true;
        lab("node-up", number(node));
        damage.remove(List.of("node-up", number(node)));
    }

    public void cut(String a, String b) {
        damage.add(List.of("join", a, b));
        lab("cut", a, b);
    }

    public void join(String a, String b) {
        lab("join", a, b);
        damage.remove(List.of("join", a, b));
    }

    /** Of etcd, apiserver, controllers, scheduler, coredns. */
    public void stop(String process) {
        unsettled = true;
        damage.add(List.of("start", process));
        lab("stop", process);
    }

    public void start(String process) {
        lab("start", process);
        damage.remove(List.of("start", process));
    }

    /**
     * A file system of its own, in memory, over a directory of the node: full is full. Pods that start meanwhile keep it for as long as
     * they live, and with the last of them it is gone.
     *
     * @param bytes that it has room for
     */
    public void cover(String node, Path directory, long bytes) {
        lab("on", node, "mount", "-t", "tmpfs", "-o", "size=" + bytes + ",mode=777", "tmpfs", directory.toString());
        damage.add(uncovering(node, directory));
    }

    /** Only pods that start from now on see what lay under it. */
    public void uncover(String node, Path directory) {
        List<String> undo = uncovering(node, directory);
        lab(undo.toArray(String[]::new));
        damage.remove(undo);
    }

    private static List<String> uncovering(String node, Path directory) {
        return List.of("on", node, "umount", "--lazy", directory.toString());
    }

    /** Undoes what a test left broken. */
    public void heal() {
        List<List<String>> broken = new ArrayList<>(damage);
        damage.clear();
        unsettled |= !broken.isEmpty();
        broken.forEach(undo -> lab(undo.toArray(String[]::new)));
    }

    /** True once after each time that something was off. */
    boolean takeUnsettled() {
        boolean was = unsettled;
        unsettled = false;
        return was;
    }

    /** API requests per second that the namespace's pods made during that time. */
    public double requestsPerSecond(String namespace, Duration time) {
        String report = shell.run(time.plusSeconds(20), command("requests", Long.toString(time.toSeconds()), namespace)).orThrow().out();
        String total = report.lines().filter(line -> line.endsWith(" total")).findFirst().orElse("0 0/s total");
        return Double.parseDouble(total.replaceAll(".* ([0-9.]+)/s total", "$1"));
    }

    /** A program of this machine that sees the network as the node's own processes do, with the cluster's DNS. */
    public Process net(String node, List<String> command) {
        List<String> all = command("net", node);
        all.addAll(command);
        return shell.start(all);
    }

    private void lab(String... arguments) {
        shell.run(Duration.ofSeconds(90), command(arguments)).orThrow();
    }

    private List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(Shell.repository().resolve("tests/lab/lab").toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    private static String number(String node) {
        return node.substring("node".length());
    }
}
