package io.redisha.command;

import io.redisha.config.PodEnvironment;
import io.redisha.config.Settings;
import io.redisha.http.RingPage;
import io.redisha.kube.HeadlessDns;
import io.redisha.loop.peers.Surroundings;
import io.redisha.model.MemberId;
import io.redisha.model.PeerState;
import io.redisha.model.Sighting;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * A ring as it is found by names and by questions: the pods that DNS knows by ordinal and by the headless Service, their programs' checks, and
 * their agents. Needs neither the API server nor a permission.
 */
final class RingSight implements Surroundings {

    /**
     * How long is waited.
     *
     * @param lookup for all names together: when no name server answers, none of them will
     * @param answer pods are near each other: what takes longer is no proof of life
     * @param own    the own program may be busy, but it is not far
     */
    record Patience(Duration lookup, Duration answer, Duration own) {}

    private static final Patience USUAL = new Patience(Duration.ofMillis(1500), Duration.ofMillis(700), Duration.ofMillis(1000));
    private static final int FURTHER = 50;

    private final Settings settings;
    private final PodEnvironment self;
    private final Function<String, List<String>> names;
    private final Patience patience;
    /** So many more ordinals than the settings know of are tried: by scaling without the chart. */
    private volatile int further;
    /** The pods that were last seen, by address. */
    private volatile Map<String, String> last = Map.of();

    RingSight(Settings settings, PodEnvironment self) {
        this(settings, self, HeadlessDns::lookUp, USUAL);
    }

    /** @param names gives a name's addresses */
    RingSight(Settings settings, PodEnvironment self, Function<String, List<String>> names, Patience patience) {
        this.settings = settings;
        this.self = self;
        this.names = names;
        this.patience = patience;
    }

    @Override
    public Seen look(boolean programs) throws InterruptedException {
        long until = System.nanoTime() + patience.lookup.toNanos();
        CompletableFuture<List<String>> headless = ask("dns", () -> names.apply(settings.services().headless()));
        Map<String, String> pods = programs ? byName(headless, until) : byAddress(headless, until);
        boolean named = result(headless, List.of(), until).contains(self.ip());

        Map<String, CompletableFuture<Optional<Sighting>>> sightings = new LinkedHashMap<>();
        pods.forEach((ip, pod) -> sightings.put(ip, ask("peer", () -> sighting(pod, ip, programs))));
        long answered = System.nanoTime() + 3 * patience.answer.toNanos();   // for all together: each has a connection to make, and an answer to wait for
        Map<String, Sighting> others = new LinkedHashMap<>();
        for (Map.Entry<String, CompletableFuture<Optional<Sighting>>> sighting : sightings.entrySet()) {
            Sighting silent = new Sighting(pods.get(sighting.getKey()), sighting.getKey(), false, null);
            result(sighting.getValue(), Optional.of(silent), answered).map(this::known).ifPresent(seen -> others.putIfAbsent(seen.name(), seen));
        }
        Map<String, String> met = new HashMap<>();
        others.values().forEach(seen -> met.put(seen.ip(), seen.pod()));
        last = met;
        return new Seen(named, List.copyOf(others.values()));
    }

    /** Each address with its pod, null for one that no ordinal leads to. */
    private Map<String, String> byName(CompletableFuture<List<String>> headless, long until) throws InterruptedException {
        Map<String, CompletableFuture<List<String>>> lookups = new LinkedHashMap<>();
        int expected = Math.max(settings.replicas(), MemberId.ordinal(self.pod()) + 1);
        IntStream.range(0, expected + further).mapToObj(i -> settings.name() + "-" + i).filter(pod -> !pod.equals(self.pod()))
                .forEach(pod -> lookups.put(pod, ask("dns", () -> names.apply(settings.hostOf(pod)))));
        TreeSet<String> rest = new TreeSet<>(result(headless, List.of(), until));
        rest.remove(self.ip());
        Map<String, String> pods = new LinkedHashMap<>();
        int greatest = 0;
        for (Map.Entry<String, CompletableFuture<List<String>>> lookup : lookups.entrySet()) {
            // with two kinds of addresses a pod has two: one is enough
            List<String> its = result(lookup.getValue(), List.of(), until);
            its.stream().filter(ip -> !ip.equals(self.ip())).findFirst().ifPresent(ip -> pods.put(ip, lookup.getKey()));
            rest.removeAll(its);
            greatest = its.isEmpty() ? greatest : Math.max(greatest, MemberId.ordinal(lookup.getKey()));
        }
        further = Math.min(Math.max(0, greatest + 1 - expected) + rest.size(), FURTHER);
        rest.forEach(ip -> pods.put(ip, null));
        return pods;
    }

    /**
     * One name to ask for instead of one for each pod: this is done every few seconds for ever, and the agents say who they are. While DNS is
     * down all are looked for where they were.
     */
    private Map<String, String> byAddress(CompletableFuture<List<String>> headless, long until) throws InterruptedException {
        Set<String> addresses = new TreeSet<>(result(headless, List.of(), until));
        if (addresses.isEmpty()) {
            addresses.addAll(last.keySet());
        }
        addresses.remove(self.ip());
        Map<String, String> pods = new LinkedHashMap<>();
        addresses.forEach(ip -> pods.put(ip, null));
        return pods;
    }

    /** By the name that it had when it last said it. */
    private Sighting known(Sighting seen) {
        return seen.pod() != null || last.get(seen.ip()) == null ? seen : new Sighting(last.get(seen.ip()), seen.ip(), seen.answers(), seen.state());
    }

    @Override
    public boolean answers() {
        return answers(self.ip(), patience.own);
    }

    /**
     * Empty for a stranger's: an address may have passed to another release's pod, whose ring is not to be joined. And for this pod's own, by
     * its other kind of address.
     */
    private Optional<Sighting> sighting(String pod, String ip, boolean programs) throws InterruptedException {
        long began = System.nanoTime();
        CompletableFuture<Boolean> answers = programs ? ask("check", () -> answers(ip, patience.answer)) : CompletableFuture.completedFuture(false);
        PeerState state = state(ip);
        if (state != null && state.pod().equals(self.pod())) {
            return Optional.empty();
        }
        if (state != null && !state.pod().equals(pod == null ? settings.name() + "-" + MemberId.ordinal(state.pod()) : pod)) {
            return Optional.empty();
        }
        return Optional.of(new Sighting(pod == null && state != null ? state.pod() : pod, ip, result(answers, false, began + 2 * patience.answer.toNanos()), state));
    }

    private boolean answers(String ip, Duration within) {
        Settings.Peers peers = settings.peers();
        try {
            if (peers.path() != null) {
                int status = PlainHttp.get(ip, peers.port(), peers.path(), within).status();
                return status >= 200 && status < 400;
            }
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(ip, peers.port()), Math.toIntExact(within.toMillis()));
                return true;
            }
        } catch (IOException | RuntimeException e) {
            return false;
        }
    }

    private PeerState state(String ip) {
        try {
            PlainHttp.Reply reply = PlainHttp.get(ip, settings.ports().http(), "/status?self", patience.answer);
            return reply.status() == 200 ? RingPage.state(reply.body()) : null;
        } catch (IOException | RuntimeException e) {
            return null;
        }
    }

    /** On a thread of its own: a resolver that hangs cannot be interrupted. */
    private static <T> CompletableFuture<T> ask(String name, Callable<T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name(name).start(() -> {
            try {
                answer.complete(question.call());
            } catch (Exception e) {
                answer.completeExceptionally(e);
            }
        });
        return answer;
    }

    /** @param until monotonic ns */
    private static <T> T result(CompletableFuture<T> answer, T otherwise, long until) throws InterruptedException {
        try {
            return answer.get(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (ExecutionException | TimeoutException e) {
            return otherwise;
        }
    }
}
