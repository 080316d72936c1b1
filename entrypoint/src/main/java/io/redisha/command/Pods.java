package io.redisha.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.redisha.config.Settings;
import io.redisha.http.Token;
import io.redisha.model.MemberId;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** The agents of a release's pods, as a Job asks them: by name, and without the API server. */
final class Pods {

    private static final Duration PATIENCE = Duration.ofSeconds(2);

    static final Comparator<String> BY_ORDINAL = Comparator.<String>comparingInt(MemberId::ordinal).thenComparing(Comparator.naturalOrder());

    private final Settings settings;
    private final Form.Lookup hosts;

    Pods(Settings settings, Form.Lookup hosts) {
        this.settings = settings;
        this.hosts = hosts;
    }

    /** Whether the name of any of them is known: a pod has one from its start to its end, ready or not. */
    boolean haveNames(Collection<String> pods) {
        for (String pod : pods) {
            try {
                InetAddress.getByName(hosts.hostOf(settings, pod));
                return true;
            } catch (UnknownHostException e) {
                // The next may have one.
            }
        }
        return false;
    }

    /** All at once: one that does not answer must not make the others look silent too. @return what answered, by pod */
    SortedMap<String, JsonNode> ask(Collection<String> pods, String path) throws InterruptedException {
        JsonMapper json = new JsonMapper();   // here and no earlier: picocli makes every command to run one
        SortedMap<String, JsonNode> answers = new TreeMap<>(BY_ORDINAL);
        List<Thread> questions = pods.stream().map(pod -> Thread.ofVirtual().start(() -> {
            try {
                PlainHttp.Reply reply = PlainHttp.get(hosts.hostOf(settings, pod), settings.ports().http(), path, PATIENCE);
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
            return new TreeMap<>(answers);
        }
    }

    /** The table that this pod shows, empty if it does not. */
    String table(String pod) {
        try {
            return PlainHttp.get(hosts.hostOf(settings, pod), settings.ports().http(), "/status?output=table", PATIENCE).body();
        } catch (IOException e) {
            return "";
        }
    }

    PlainHttp.Reply order(String pod, String path, String password, String body, Duration within) throws IOException {
        return order(hosts.hostOf(settings, pod), settings, path, password, body, within);
    }

    static PlainHttp.Reply order(String host, Settings settings, String path, String password, String body, Duration within) throws IOException {
        return PlainHttp.post(host, settings.ports().member(), path, new Token(password).header(), body, within);
    }
}
