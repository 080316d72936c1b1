package io.redisha.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.redisha.kube.ApiServer.Answers;
import io.redisha.model.MemberId;
import io.redisha.model.PodView;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PodWatchTest {

    private static final String END = "end";

    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final BlockingQueue<byte[]> chunks = new LinkedBlockingQueue<>();
    private final Answers<List<PodView>> told = new Answers<>();
    private final FakeTicker ticker = new FakeTicker();
    private volatile String items = "";
    private HttpServer server;
    private KubeClient kube;
    private PodWatch watch;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newCachedThreadPool(Thread.ofPlatform().daemon().factory()));
        server.createContext("/", this::answer);
        server.start();
        Config config = new ConfigBuilder(Config.empty()).withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort()).build();
        kube = new KubeClient(() -> config, "ns", ApiServer.TIMEOUT, null, ticker);
        watch = new PodWatch(kube, Map.of("b", "2", "a", "1"), "redis-ha-0", told::got, Runnable::run);
    }

    @AfterEach
    void stop() {
        watch.close();
        kube.close();
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String query = exchange.getRequestURI().getQuery();
        asked.add(query);
        try (exchange; OutputStream out = exchange.getResponseBody()) {
            if (!query.contains("watch=1")) {
                byte[] body = ("{\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[" + items + "]}").getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, body.length);
                out.write(body);
                return;
            }
            exchange.sendResponseHeaders(200, 0);
            while (true) {
                byte[] next = chunks.take();
                if (new String(next, StandardCharsets.UTF_8).equals(END)) {
                    return;
                }
                out.write(next);
                out.flush();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void send(String text) {
        chunks.add(text.getBytes(StandardCharsets.UTF_8));
    }

    private void event(String type, String object) {
        send("{\"type\":\"" + type + "\",\"object\":" + object + "}\n");
    }

    private static String pod(int ordinal, String uid, int version, String more) {
        return """
                {"metadata":{"name":"redis-ha-%d","uid":"%s","resourceVersion":"%d","labels":{"role":"replica"}},"spec":{"nodeName":"n1"},
                 "status":{"podIP":"10.0.0.%d","conditions":[{"type":"Ready","status":"True"}]%s}}""".formatted(ordinal, uid, version, ordinal, more).replace("\n", "");
    }

    private static List<String> names(List<PodView> pods) {
        return pods.stream().map(pod -> pod.id().pod() + "=" + pod.id().uid()).toList();
    }

    private long lists() {
        return asked.stream().filter(query -> !query.contains("watch=1")).count();
    }

    @Test
    void watchesServersAndSentinelsApart() throws Exception {
        for (PodWatch one : List.of(new PodWatch(kube, Some.settings("sentinel"), "redis-ha-0", told::got, Runnable::run),
                PodWatch.ofSentinels(kube, Some.settings("sentinel"), "redis-ha-0", told::got, Runnable::run))) {
            one.list();
        }

        assertThat(asked).containsExactly("labelSelector=app=redis-ha", "labelSelector=app=redis-ha-sentinel");
    }

    @Test
    void tellsTheListInOrderAndThenEachChange() throws Exception {
        items = pod(1, "b", 5, "") + "," + pod(0, "a", 6, "");
        watch.start();
        List<PodView> first = told.next();
        assertThat(names(first)).containsExactly("redis-ha-0=a", "redis-ha-1=b");
        assertThat(first.get(0)).isEqualTo(new PodView(new MemberId("redis-ha-0", "a"), "10.0.0.0", "n1", false, true, "", Map.of("role", "replica"), java.util.Set.of()));
        event("ADDED", pod(2, "c", 11, ""));
        assertThat(names(told.next())).containsExactly("redis-ha-0=a", "redis-ha-1=b", "redis-ha-2=c");
        event("DELETED", pod(1, "b", 12, ""));
        assertThat(names(told.next())).containsExactly("redis-ha-0=a", "redis-ha-2=c");
        assertThat(asked.getFirst()).isEqualTo("labelSelector=a=1,b=2");
    }

    @Test
    void isSilentAboutWhatIsNoChange() throws Exception {
        items = pod(0, "a", 6, "");
        watch.start();
        told.next();
        event("MODIFIED", pod(0, "a", 11, ""));
        event("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"20\"}}");
        event("ADDED", pod(1, "b", 21, ""));
        assertThat(told.next()).hasSize(2);
    }

    @Test
    void goesOnFromTheLastVersionWhenTheServerEndsTheWatch() throws Exception {
        watch.start();
        told.next();
        event("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"77\"}}");
        send(END);
        ApiServer.until(() -> asked.stream().anyMatch(query -> query.contains("resourceVersion=77")));
        assertThat(lists()).isEqualTo(1);
    }

    @Test
    void listsAgainWhenTheVersionIsTooOld() throws Exception {
        watch.start();
        told.next();
        items = pod(0, "a", 6, "");
        event("ERROR", "{\"kind\":\"Status\",\"code\":410,\"message\":\"too old resource version\"}");
        assertThat(told.next()).hasSize(1);
        assertThat(lists()).isEqualTo(2);
        send(END);
    }

    @Test
    void goesOnFromTheLastVersionWhenAWatchIsSilentForTooLong() throws Exception {
        watch.start();
        told.next();
        event("ADDED", pod(0, "a", 11, ""));
        told.next();
        ticker.pass(PodWatch.SILENCE);
        ApiServer.until(() -> watches().size() == 2);
        assertThat(watches().get(1)).contains("resourceVersion=11");
        assertThat(lists()).isEqualTo(1);
    }

    /** The server ends each watch itself, so a connection that died is noticed in that time and a little more. */
    @Test
    void noticesADeadConnectionWithinEighteenSeconds() throws Exception {
        watch.start();
        told.next();
        ApiServer.until(() -> watches().size() == 1);
        assertThat(watches().getFirst()).contains("timeoutSeconds=15");
        assertThat(PodWatch.SILENCE).isBetween(Duration.ofSeconds(16), Duration.ofSeconds(18));
    }

    @Test
    void doesNotTakeWhatWasToldEarlyInAWatchForASignOfLife() throws Exception {
        watch.start();
        told.next();
        for (int i = 0; i < 3; i++) {
            event("ADDED", pod(i, "a" + i, 11 + i, ""));
            told.next();
            ticker.advance(PodWatch.SILENCE.dividedBy(3));
        }
        ApiServer.until(() -> watches().size() == 2);
    }

    @Test
    void goesOnFromTheSameVersionWhenNothingHappenedInAWatch() throws Exception {
        watch.start();
        told.next();
        ApiServer.until(() -> watches().size() == 1);
        ticker.advance(Duration.ofSeconds(15));
        send(END);
        ApiServer.until(() -> watches().size() == 2);
        assertThat(watches().get(1)).contains("resourceVersion=10");
        assertThat(lists()).isEqualTo(1);
    }

    /** A list costs a busy server more than a watch, and what was listed before is as good. */
    @Test
    void asksABusyServerForAWatchAgainEverMoreRarelyAndNotForAList() {
        List<Long> times = refusedWith(429, Duration.ZERO);
        asksLessOften(times, Duration.ZERO);
        assertThat(lists()).isEqualTo(1);
    }

    @Test
    void doesNotTakeARefusalThatWasLongInComingForAWatchThatServed() {
        Duration late = Duration.ofSeconds(3);
        asksLessOften(refusedWith(410, late), late);
        assertThat(lists()).as("of the version that is too old").isGreaterThan(10);
    }

    /** When it was asked for a watch, all of which it refuses. */
    private List<Long> refusedWith(int code, Duration late) {
        List<Long> times = new CopyOnWriteArrayList<>();
        server.removeContext("/");
        server.createContext("/", exchange -> {
            if (!exchange.getRequestURI().getQuery().contains("watch=1")) {
                answer(exchange);
                return;
            }
            times.add(ticker.now());
            ticker.advance(late);
            exchange.sendResponseHeaders(code, -1);
            exchange.close();
        });
        watch.start();
        ApiServer.until(() -> times.size() > 10);
        return times;
    }

    private static void asksLessOften(List<Long> times, Duration late) {
        Duration pause = PodWatch.FIRST_PAUSE;
        for (int i = 1; i <= 10; i++) {
            assertThat(Duration.ofNanos(times.get(i) - times.get(i - 1)).minus(late)).isBetween(pause.dividedBy(2), pause.multipliedBy(3).dividedBy(2));
            pause = i < 6 ? pause.multipliedBy(2) : PodWatch.LONGEST_PAUSE;
        }
    }

    private List<String> watches() {
        return asked.stream().filter(query -> query.contains("watch=1")).toList();
    }

    @Test
    void asksLessOftenTheLongerItFails() throws Exception {
        List<Long> times = new CopyOnWriteArrayList<>();
        server.removeContext("/");
        server.createContext("/", exchange -> {
            times.add(ticker.now());
            exchange.sendResponseHeaders(503, -1);
            exchange.close();
        });
        watch.start();
        ApiServer.until(() -> times.size() > 10);
        asksLessOften(times, Duration.ZERO);
    }

    @Test
    void readsCharactersThatAreCutInTwo() throws Exception {
        watch.start();
        told.next();
        byte[] line = ("{\"type\":\"ADDED\",\"object\":" + pod(0, "ü", 11, "") + "}\n").getBytes(StandardCharsets.UTF_8);
        int middle = new String(line, StandardCharsets.ISO_8859_1).indexOf('\u00c3') + 1;
        chunks.add(Arrays.copyOf(line, middle));
        Thread.sleep(200);
        chunks.add(Arrays.copyOfRange(line, middle, line.length));
        assertThat(names(told.next())).containsExactly("redis-ha-0=ü");
    }

    @Test
    void doesNotTakeTheEndOfANamesakeForThatOfItsSuccessor() throws Exception {
        items = pod(0, "old", 6, "");
        watch.start();
        told.next();
        event("ADDED", pod(0, "new", 11, ""));
        assertThat(names(told.next())).containsExactly("redis-ha-0=new");
        event("DELETED", pod(0, "old", 12, ""));
        event("ADDED", pod(1, "b", 13, ""));
        assertThat(names(told.next())).containsExactly("redis-ha-0=new", "redis-ha-1=b");
    }

    @Test
    void provesWhichRunsOfTheContainerAreDead() throws Exception {
        String statuses = """
                ,"containerStatuses":[
                 {"name":"other","state":{"terminated":{"message":"incarnation=no"}}},
                 {"name":"redis","state":{"terminated":{"exitCode":137,"message":"incarnation=two\\n"}},"lastState":{"terminated":{"message":"incarnation=one"}}}]""";
        PodView view = PodWatch.view(KubeClient.JSON.readTree(pod(0, "a", 1, statuses)));
        assertThat(view.deadIncarnations()).containsExactlyInAnyOrder("one", "two");
        assertThat(PodWatch.view(KubeClient.JSON.readTree(pod(0, "a", 1, ",\"containerStatuses\":[{\"name\":\"redis\",\"state\":{\"running\":{}}}]")))
                .deadIncarnations()).isEmpty();
    }

    /** Finding R13. */
    @Test
    void knowsWhoseContainerHasNeverBeenStarted() throws Exception {
        String waiting = ",\"containerStatuses\":[{\"name\":\"redis\",\"restartCount\":0,\"state\":{\"waiting\":{\"reason\":\"ImagePullBackOff\"}},\"lastState\":{}}]";
        assertThat(PodWatch.view(KubeClient.JSON.readTree(pod(0, "a", 1, waiting))).ran()).isFalse();
        for (String ran : new String[] {"", waiting.replace("restartCount\":0", "restartCount\":1"), waiting.replace("waiting", "running"), waiting.replace("ImagePullBackOff", "ContainerCreating"),
            waiting.replace("lastState\":{}", "lastState\":{\"terminated\":{}}")}) {
            assertThat(PodWatch.view(KubeClient.JSON.readTree(pod(0, "a", 1, ran))).ran()).as(ran).isTrue();
        }
    }

    @Test
    void readsAPodThatHasNothingYet() throws Exception {
        PodView view = PodWatch.view(KubeClient.JSON.readTree("{\"metadata\":{\"name\":\"redis-ha-3\",\"uid\":\"x\",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"}}"));
        assertThat(view).isEqualTo(new PodView(new MemberId("redis-ha-3", "x"), null, "", true, false, "", Map.of(), java.util.Set.of()));
    }
}
