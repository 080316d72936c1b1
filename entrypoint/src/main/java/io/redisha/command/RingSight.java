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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

    private static final Duration LOOKUP = Duration.ofMillis(1500);
    /** Pods are near each other: what takes longer is no proof of life. */
    private static final Duration PATIENCE = Duration.ofMillis(700);
    /** The own program may be busy, but it is not far. */
    private static final Duration OWN = Duration.ofMillis(1000);

    private final Settings settings;
    private final PodEnvironment self;
    private final Function<String, List<String>> names;
    /** More ordinals than the settings know of: by scaling without the chart. */
    private int further;

    RingSight(Settings settings, PodEnvironment self) {
        this(settings, self, HeadlessDns::lookUp);
    }

    /** @param names gives a name's addresses */
    RingSight(Settings settings, PodEnvironment self, Function<String, List<String>> names) {
        this.settings = settings;
        this.self = self;
        this.names = names;
    }

    @Override
    public Seen look(boolean programs) throws InterruptedException {
        Map<String, CompletableFuture<List<String>>> lookups = new LinkedHashMap<>();
        int known = Math.max(settings.replicas(), MemberId.ordinal(self.pod()) + 1) + further;
        IntStream.range(0, known).mapToObj(i -> settings.name() + "-" + i).filter(pod -> !pod.equals(self.pod()))
                .forEach(pod -> lookups.put(pod, ask("dns", () -> names.apply(settings.hostOf(pod)))));
        List<String> all = result(ask("dns", () -> names.apply(settings.services().headless())), List.of(), LOOKUP);

        Map<String, String> pods = new LinkedHashMap<>();
        for (Map.Entry<String, CompletableFuture<List<String>>> lookup : lookups.entrySet()) {
            result(lookup.getValue(), List.of(), LOOKUP).stream().filter(ip -> !ip.equals(self.ip())).findFirst().ifPresent(ip -> pods.put(ip, lookup.getKey()));
        }
        TreeSet<String> rest = new TreeSet<>(all);
        rest.remove(self.ip());
        rest.removeAll(pods.keySet());
        further = Math.min(rest.size(), 50);
        rest.forEach(ip -> pods.put(ip, null));

        List<CompletableFuture<Sighting>> sightings = new ArrayList<>();
        pods.forEach((ip, pod) -> sightings.add(ask("peer", () -> sighting(pod, ip, programs))));
        List<Sighting> others = new ArrayList<>();
        for (CompletableFuture<Sighting> sighting : sightings) {
            Sighting seen = result(sighting, null, PATIENCE.multipliedBy(3));
            if (seen != null) {
                others.add(seen);
            }
        }
        return new Seen(all.contains(self.ip()), others);
    }

    @Override
    public boolean answers() {
        return answers(self.ip(), OWN);
    }

    /** Null for a stranger's: an address may have passed to another release's pod, whose ring is not to be joined. */
    private Sighting sighting(String pod, String ip, boolean programs) throws InterruptedException {
        CompletableFuture<Boolean> answers = programs ? ask("check", () -> answers(ip, PATIENCE)) : CompletableFuture.completedFuture(false);
        PeerState state = state(ip);
        if (state != null && (pod == null ? !state.pod().startsWith(settings.name() + "-") : !state.pod().equals(pod))) {
            return null;
        }
        return new Sighting(pod == null && state != null ? state.pod() : pod, ip, result(answers, false, PATIENCE.multipliedBy(2)), state);
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
            PlainHttp.Reply reply = PlainHttp.get(ip, settings.ports().http(), "/status?self", PATIENCE);
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

    private static <T> T result(CompletableFuture<T> answer, T otherwise, Duration within) throws InterruptedException {
        try {
            return answer.get(within.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            return otherwise;
        }
    }
}
