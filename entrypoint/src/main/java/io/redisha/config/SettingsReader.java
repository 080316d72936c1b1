package io.redisha.config;

import io.redisha.config.Settings.Architecture;
import io.redisha.config.Settings.CandidateOrder;
import io.redisha.config.Settings.Durability;
import io.redisha.config.Settings.EndpointType;
import io.redisha.config.Settings.Publish;
import io.redisha.config.Settings.ServiceType;
import io.redisha.config.Settings.Style;
import io.redisha.config.Settings.Way;
import io.redisha.model.Shape;
import io.redisha.model.Timings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;

/** Reads {@link Settings} from YAML and finds all that is wrong with it at once, so that one attempt is enough to mend it. */
public final class SettingsReader {

    /** Where the chart mounts it: a pod's of its own revision, a hook's of the release. */
    public static final Path FILE = Path.of("/etc/redis-ha/settings.yaml");
    /** Beside those of a pod: the release's, of which it takes how many there are to be. */
    private static final String RELEASE = "release.yaml";

    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s)");
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9.]*[a-z0-9])?");
    private static final Pattern LABEL_KEY = Pattern.compile("([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?");
    private static final Pattern LABEL_VALUE = Pattern.compile("[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?");
    private static final Pattern SECRET_KEY = Pattern.compile("[-A-Za-z0-9_.]+");

    private static final Pattern ANYTHING = Pattern.compile(".*");
    private static final Pattern MASTER_NAME = Pattern.compile("[A-Za-z0-9._-]+");
    private static final Pattern CHECK = Pattern.compile("tcp|http:/\\S*");
    private static final String IN_ARGUMENTS = "{peer}, {self}, {host}, {ip}, {ordinal} or {port}";
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{[A-Za-z][A-Za-z0-9_]*}");
    /** One of ours, and no variable of a shell's. */
    private static final Pattern OURS = Pattern.compile("(?<!\\$)\\{(peer|self|host|ip|ordinal|port)}");
    /** What tells one peer from another. */
    private static final Pattern PLACE = Pattern.compile("\\{(host|ip|ordinal)}");

    /** Rule K8. */
    private static final long LEAST_NODE_TIMEOUT = 1000 * Timings.MS;
    /** Rule M8: it may take half a second until the leader knows what a replica has acknowledged. */
    private static final long LEAST_MAX_LOSS = 1000 * Timings.MS;
    private static final int LEAST_SENTINELS = 3;
    private static final long LEAST_DOWN_AFTER = 500 * Timings.MS;

    private final List<String> problems = new ArrayList<>();

    private SettingsReader() {}

    public static Settings read(Path file) throws Invalid {
        Path release = file.resolveSibling(RELEASE);
        return Files.exists(release) ? parse(text(file), text(release)) : parse(text(file));
    }

    private static String text(Path file) throws Invalid {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new Invalid(List.of(file + ": given no readable file, expected the settings that the chart renders (" + e + ")"));
        }
    }

    public static Settings parse(String yaml) throws Invalid {
        SettingsReader reader = new SettingsReader();
        Node root = reader.map("", load("settings", yaml));
        return reader.result(reader.settings(root, root));
    }

    /** @param release of which only the counts are read: all else may be of another revision, or of a version that knows other keys */
    static Settings parse(String yaml, String release) throws Invalid {
        SettingsReader reader = new SettingsReader();
        return reader.result(reader.settings(reader.map("", load("settings", yaml)), reader.map("", load(RELEASE, release))));
    }

    private Settings result(Settings settings) throws Invalid {
        if (!problems.isEmpty()) {
            throw new Invalid(problems);
        }
        return settings;
    }

    private static Object load(String what, String yaml) throws Invalid {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        try {
            return new Yaml(new SafeConstructor(options)).load(yaml);
        } catch (MarkedYAMLException e) {
            throw new Invalid(List.of(what + ": line " + (e.getProblemMark() == null ? "?" : e.getProblemMark().getLine() + 1) + ": "
                    + e.getProblem() + ", expected YAML"));
        } catch (YAMLException e) {
            throw new Invalid(List.of(what + ": " + e.getMessage() + ", expected YAML"));
        }
    }

    /** @param release where the counts are; the same as {@code root} if all is of one revision */
    private Settings settings(Node root, Node release) {
        Architecture architecture = root.oneOf("architecture", Architecture.class, null);
        // Of an unknown architecture no key can be said to be unknown or missing: read as if it were the usual one.
        Architecture kind = architecture == null ? Architecture.REPLICATION : architecture;
        boolean cluster = kind == Architecture.CLUSTER;
        boolean sentinel = kind == Architecture.SENTINEL;
        boolean peers = kind == Architecture.PEERS;
        String name = root.text("name", null, NAME, "a Kubernetes name");
        int before = problems.size();
        int replicas = release.number("replicas", null, 1, 1000);
        boolean counted = problems.size() == before;
        String engineImage = root.text("engineImage", "", ANYTHING, "an image");

        Settings.Services service = services(root.map("services"), kind);
        Settings.Ports port = ports(root.map("ports"), kind);
        Settings.Auth password = peers ? null : auth(root.map("auth"));
        boolean persistent = !peers && persistence(root.map("persistence"));
        long gracePeriod = peers ? 0 : root.duration("gracePeriod", 30_000 * Timings.MS);
        Settings.Labels labels = labels(root.map("labels"), kind);
        Publish publish = cluster || peers ? null : root.oneOf("publish", Publish.class, Publish.ENDPOINTSLICE);
        Settings.Failover failover = failover(kind == Architecture.REPLICATION ? root.map("failover") : map("failover", Map.of()), counted ? replicas : 0, release == root);
        Settings.Cluster shape = null;
        if (cluster) {
            Node node = root.map("cluster");
            shape = cluster(node, release == root ? node : release.map("cluster"), counted ? replicas : 0);
        }
        Settings.Sentinel sentinels = null;
        if (sentinel) {
            Node node = root.map("sentinel");
            failover = handingOver(failover, node.duration("handoverTimeout", 15_000 * Timings.MS), node.number("minReplicasMaxLag", 3, 1, 3600));
            sentinels = sentinel(node, release == root ? node : release.map("sentinel"), failover.timings().handover());
        }
        Settings.Peers ring = peers ? peers(root.map("peers"), counted ? replicas : 0, release == root) : null;

        Node log = root.map("log");
        Settings.Log logging = new Settings.Log(
                log.oneOf("format", Settings.Format.class, Settings.Format.TEXT),
                log.oneOf("level", Settings.Level.class, Settings.Level.INFO));
        log.nothingElse();
        root.nothingElse();

        return new Settings(architecture, name, replicas, engineImage, service, port, password, persistent, gracePeriod, labels, publish, failover, shape,
                sentinels, ring, logging);
    }

    private Settings.Services services(Node services, Architecture kind) {
        boolean oneMaster = kind == Architecture.REPLICATION || kind == Architecture.SENTINEL;
        Settings.Services service = new Settings.Services(
                oneMaster ? services.text("master", null, NAME, "a Service's name") : null,
                oneMaster ? services.text("replicas", null, NAME, "a Service's name") : null,
                services.text("headless", null, NAME, "a Service's name"),
                kind == Architecture.SENTINEL ? services.text("sentinelHeadless", null, NAME, "a Service's name") : null);
        services.nothingElse();
        return service;
    }

    private Settings.Auth auth(Node auth) {
        Settings.Auth password = new Settings.Auth(
                auth.truth("enabled", true),
                auth.text("secretName", null, NAME, "a Secret's name"),
                auth.text("passwordKey", "redis-password", SECRET_KEY, "a key of a Secret"));
        auth.nothingElse();
        return password;
    }

    private boolean persistence(Node persistence) {
        boolean enabled = persistence.truth("enabled", true);
        persistence.nothingElse();
        return enabled;
    }

    private Settings.Ports ports(Node ports, Architecture kind) {
        int before = problems.size();
        Map<String, Integer> found = new LinkedHashMap<>();
        if (kind != Architecture.PEERS) {
            found.put("redis", ports.number("redis", 6379, 1, 65535));
        }
        found.put("http", ports.number("http", 8379, 1, 65535));
        if (kind != Architecture.PEERS) {
            found.put("member", ports.number("member", 8380, 1, 65535));
        }
        if (kind == Architecture.CLUSTER) {
            found.put("bus", ports.number("bus", 16379, 1, 65535));
        }
        if (kind == Architecture.SENTINEL) {
            found.put("sentinel", ports.number("sentinel", 26379, 1, 65535));
        }
        if (problems.size() == before && Set.copyOf(found.values()).size() < found.size()) {
            problem("ports", found.entrySet().stream().map(port -> port.getKey() + " " + port.getValue()).collect(Collectors.joining(", ")),
                    (found.size() == 4 ? "four" : "three") + " different ports");
        }
        ports.nothingElse();
        return new Settings.Ports(found.getOrDefault("redis", 0), found.get("http"), found.getOrDefault("member", 0),
                found.getOrDefault("bus", 0), found.getOrDefault("sentinel", 0));
    }

    /**
     * @param counts where the shape is
     * @param pods   0 if unknown
     */
    private Settings.Cluster cluster(Node cluster, Node counts, int pods) {
        int before = problems.size();
        int shards = counts.number("shards", null, 1, 500);
        int replicasPerShard = counts.number("replicasPerShard", null, 0, 10);
        if (problems.size() == before) {
            if (shards < Shape.LEAST_SHARDS) {
                problem("cluster.shards", shards, "at least " + Shape.LEAST_SHARDS
                        + ": a majority of masters decides on a failover, and of fewer none is left when one is lost");
            }
            if (pods != 0 && pods != Shape.of(shards, replicasPerShard).pods()) {
                problem("replicas", pods, "shards x (1 + replicasPerShard) = " + Shape.of(shards, replicasPerShard).pods());
            }
        }
        long nodeTimeout = cluster.duration("nodeTimeout", 2000 * Timings.MS);
        if (nodeTimeout < LEAST_NODE_TIMEOUT) {
            problem("cluster.nodeTimeout", nodeTimeout / Timings.MS + "ms", "at least 1s: a fork or a slow disk would pass for a failure");
        }
        boolean fullCoverage = cluster.truth("requireFullCoverage", true);
        EndpointType endpoint = cluster.oneOf("preferredEndpointType", EndpointType.class, EndpointType.IP);
        String hostSuffix = cluster.text("hostSuffix", null, NAME, "the domain of the headless Service");
        long handover = cluster.duration("handoverTimeout", 5000 * Timings.MS);
        Node external = cluster.map("external");
        Settings.External outside = new Settings.External(external.truth("enabled", false),
                external.oneOf("type", ServiceType.class, ServiceType.NODE_PORT));
        external.nothingElse();
        cluster.nothingElse();
        return new Settings.Cluster(shards, replicasPerShard, nodeTimeout, fullCoverage, endpoint, hostSuffix, handover, outside);
    }

    /**
     * @param counts   where the number of sentinels is
     * @param handover nanoseconds, read before
     */
    private Settings.Sentinel sentinel(Node sentinel, Node counts, long handover) {
        String name = sentinel.text("name", null, NAME, "a Kubernetes name");
        int before = problems.size();
        int replicas = counts.number("replicas", 3, 1, 99);
        int quorum = sentinel.number("quorum", 0, 0, 99);
        if (problems.size() == before) {
            if (replicas < LEAST_SENTINELS || replicas % 2 == 0) {
                problem("sentinel.replicas", replicas, "an odd number, " + LEAST_SENTINELS
                        + " or more: a majority of them decides, of fewer none is left when one is lost, and an even one more decides nothing");
            }
            // Of another revision it may be more: then all must agree.
            if (quorum > replicas && counts == sentinel) {
                problem("sentinel.quorum", quorum, "at most sentinel.replicas = " + replicas + ": more can never agree that the master is down");
            }
        }
        String masterName = sentinel.text("masterName", "mymaster", MASTER_NAME, "letters, digits, '.', '-' and '_'");
        long downAfter = sentinel.duration("downAfter", 3000 * Timings.MS);
        if (downAfter < LEAST_DOWN_AFTER) {
            problem("sentinel.downAfter", downAfter / Timings.MS + "ms", "at least 500ms: a fork or a slow disk would pass for a failure");
        }
        Settings.Sentinel found = new Settings.Sentinel(name, replicas, masterName, quorum, downAfter,
                sentinel.duration("failoverTimeout", 10_000 * Timings.MS),
                sentinel.truth("auth", true),
                sentinel.text("hostSuffix", null, NAME, "the domain of the headless Service"),
                sentinel.text("sentinelHostSuffix", null, NAME, "the domain of the sentinels' headless Service"),
                handover);
        sentinel.nothingElse();
        return found;
    }

    /**
     * @param pods  0 if unknown
     * @param whole the number of pods is of the same revision
     */
    private Settings.Peers peers(Node peers, int pods, boolean whole) {
        Way mode = peers.oneOf("mode", Way.class, Way.ENTRYPOINT);
        List<String> command = peers.texts("command");
        if (mode == Way.ENTRYPOINT && command.isEmpty()) {
            problem("peers.command", "nothing", "the program to run: of the image's own we only know when it is started by somebody else (peers.mode: init)");
        }
        List<String> args = peers.texts("args");
        if (mode == Way.INIT && args.isEmpty()) {
            args = List.of("{peer}");
        }
        // Kubernetes itself runs the command beside an init container, and puts in nothing.
        List<String> ours = mode == Way.INIT ? List.of() : command;
        if (mode == Way.INIT) {
            command.stream().flatMap(word -> OURS.matcher(word).results()).forEach(hole -> problem("peers.command", hole.group(), "none of "
                    + "{peer}, {self}, {host}, {ip}, {ordinal} and {port} with peers.mode=init: nothing is put in there, the arguments are in /peers/args"));
        }
        if (Stream.concat(ours.stream(), args.stream()).noneMatch(arg -> arg.contains("{peer}"))) {
            problem("peers.args", args.isEmpty() ? null : args, "{peer} in one of them: nobody would be told of the others");
        }
        ours.forEach(arg -> placeholders("peers.command", arg, IN_ARGUMENTS));
        args.forEach(arg -> placeholders("peers.args", arg, IN_ARGUMENTS));
        String perPeer = peers.text("argPerPeer", "", ANYTHING, "a text");
        if (perPeer.isEmpty()) {
            perPeer = "{host}:{port}";
        }
        placeholders("peers.argPerPeer", perPeer, "{self}, {host}, {ip}, {ordinal} or {port}");
        if (!PLACE.matcher(perPeer).find()) {
            problem("peers.argPerPeer", perPeer, "{host}, {ip} or {ordinal} in it: all others would look the same");
        }
        String separator = peers.text("separator", "", ANYTHING, "a text");
        int port = peers.number("port", null, 1, 65535);
        String check = peers.text("check", "tcp", CHECK, "tcp or http:/path");
        int before = problems.size();
        int minPeers = peers.number("minPeers", 0, 0, 999);
        if (problems.size() == before && pods != 0 && minPeers >= pods) {
            if (whole) {
                problem("peers.minPeers", minPeers, "less than replicas = " + pods + ": no pod would ever be started");
            }
            minPeers = pods - 1;
        }
        Settings.Peers found = new Settings.Peers(mode, command, args, perPeer, separator, port,
                check.startsWith("http:") ? check.substring("http:".length()) : null, minPeers,
                peers.truth("parallel", false),
                peers.oneOf("style", Style.class, Style.NAMES),
                peers.text("hostSuffix", null, NAME, "the domain of the headless Service"),
                peers.duration("waitTimeout", 30_000 * Timings.MS),
                peers.duration("stopTimeout", 25_000 * Timings.MS));
        peers.nothingElse();
        return found;
    }

    /** Braces around anything else than a word are the program's own. */
    private void placeholders(String key, String text, String known) {
        Matcher matcher = PLACEHOLDER.matcher(text);
        while (matcher.find()) {
            if (!known.contains(matcher.group())) {
                problem(key, matcher.group(), known);
            }
        }
    }

    private Settings.Labels labels(Node labels, Architecture kind) {
        Map<String, String> selector = labels.labels("selector");
        if (selector.isEmpty()) {
            problem("labels.selector", "nothing", "the labels that select the release's pods");
        }
        Settings.RoleLabel role = kind == Architecture.PEERS ? null : roleLabel(labels.map("role"), selector);
        String shard = kind == Architecture.CLUSTER ? shardLabel(labels.map("shard"), selector, role) : null;
        Map<String, String> sentinels = kind == Architecture.SENTINEL ? labels.labels("sentinelSelector") : null;
        if (sentinels != null && selects(selector, sentinels)) {
            problem("labels.sentinelSelector", sentinels, "labels that no server's pod has");
        }
        Settings.Labels all = new Settings.Labels(selector, role, shard, sentinels, labels.labels("common"));
        labels.nothingElse();
        return all;
    }

    /** Whether one selector finds the pods of the other: as far as can be told by the labels that both name. */
    private static boolean selects(Map<String, String> one, Map<String, String> other) {
        return one.keySet().stream().filter(other::containsKey).allMatch(key -> one.get(key).equals(other.get(key)));
    }

    private Settings.RoleLabel roleLabel(Node role, Map<String, String> selector) {
        Settings.RoleLabel roleLabel = new Settings.RoleLabel(
                role.text("key", "role", LABEL_KEY, "a label's key"),
                role.text("master", "master", LABEL_VALUE, "a label's value"),
                role.text("replica", "replica", LABEL_VALUE, "a label's value"));
        if (roleLabel.master().equals(roleLabel.replica())) {
            problem("labels.role.replica", roleLabel.replica(), "another value than labels.role.master");
        }
        if (selector.containsKey(roleLabel.key())) {
            problem("labels.role.key", roleLabel.key(), "a label that labels.selector does not use: it changes with the role");
        }
        role.nothingElse();
        return roleLabel;
    }

    private String shardLabel(Node shard, Map<String, String> selector, Settings.RoleLabel role) {
        String key = shard.text("key", "shard", LABEL_KEY, "a label's key");
        if (selector.containsKey(key) || key.equals(role.key())) {
            problem("labels.shard.key", key, "a label that neither labels.selector nor labels.role uses: it changes with the shard");
        }
        shard.nothingElse();
        return key;
    }

    private static Settings.Failover handingOver(Settings.Failover usual, long handover, int minReplicasMaxLag) {
        Timings t = usual.timings();
        return new Settings.Failover(new Timings(t.heartbeat(), t.memberTimeout(), t.fence(), t.margin(), t.renew(), t.renewDeadline(), t.lease(),
                handover, t.lastHolderWait(), t.serverTimeout()), usual.candidateOrder(), usual.durability(), minReplicasMaxLag, usual.maxLoss());
    }

    /**
     * @param replicas 0 if unknown
     * @param whole    the number of replicas is of the same revision
     */
    private Settings.Failover failover(Node failover, int replicas, boolean whole) {
        Timings usual = Timings.defaults();
        int before = problems.size();
        Timings timings = new Timings(
                failover.duration("heartbeatInterval", usual.heartbeat()),
                failover.duration("memberTimeout", usual.memberTimeout()),
                failover.duration("fenceTimeout", usual.fence()),
                usual.margin(),
                failover.duration("renewInterval", usual.renew()),
                failover.duration("renewDeadline", usual.renewDeadline()),
                failover.duration("leaseDuration", usual.lease()),
                failover.duration("handoverTimeout", usual.handover()),
                failover.duration("lastHolderWait", usual.lastHolderWait()),
                failover.duration("serverTimeout", usual.serverTimeout()));
        // Relations between durations of which one is no duration would only confuse.
        if (problems.size() == before) {
            problems.addAll(timings.problems());
        }
        CandidateOrder order = failover.oneOf("candidateOrder", CandidateOrder.class, CandidateOrder.OFFSET);
        Settings.Failover all = new Settings.Failover(
                timings,
                order,
                failover.oneOf("durability", Durability.class, Durability.RELAXED),
                failover.number("minReplicasMaxLag", 3, 1, 3600),
                maxLoss(failover, timings.heartbeat(), order, replicas, whole));
        failover.nothingElse();
        return all;
    }

    /** Rule M8. Each replica must have had its turn to answer before, or a busy master would refuse writes in between. */
    private long maxLoss(Node failover, long heartbeat, CandidateOrder order, int replicas, boolean whole) {
        long maxLoss = failover.limit("maxLoss");
        if (maxLoss == 0) {
            return 0;
        }
        if (replicas == 1) {
            if (whole) {
                problem("failover.maxLoss", maxLoss / Timings.MS + "ms", "none with replicas: 1, as nobody could acknowledge a write");
            }
            return 0;   // who is scaled to one may still have the settings of before
        }
        long least = 400 * Timings.MS + 3 * heartbeat;
        if (maxLoss < LEAST_MAX_LOSS || maxLoss < least) {
            problem("failover.maxLoss", maxLoss / Timings.MS + "ms", "at least 1s, and at least 400ms + 3 x heartbeatInterval = " + least / Timings.MS + "ms");
        }
        if (order == CandidateOrder.PRIORITY) {
            problem("failover.maxLoss", maxLoss / Timings.MS + "ms", "none with candidateOrder: priority, which may elect one that lacks what another has acknowledged");
        }
        return maxLoss;
    }

    /** As settings spell it: small, but two words as Kubernetes does, {@code NodePort}. */
    private static String word(Enum<?> constant) {
        if (!constant.name().contains("_")) {
            return constant.name().toLowerCase(Locale.ROOT);
        }
        return Stream.of(constant.name().split("_")).map(part -> part.charAt(0) + part.substring(1).toLowerCase(Locale.ROOT))
                .collect(Collectors.joining());
    }

    private void problem(String key, Object given, String expected) {
        problems.add(key + ": given " + (given == null ? "nothing" : given) + ", expected " + expected);
    }

    private Node map(String path, Object value) {
        if (value instanceof Map<?, ?> map) {
            Map<String, Object> entries = new LinkedHashMap<>();
            map.forEach((key, entry) -> entries.put(String.valueOf(key), entry));
            return new Node(path, entries);
        }
        if (value != null || path.isEmpty()) {
            problem(path.isEmpty() ? "settings" : path, value, "a map");
        }
        return new Node(path, new LinkedHashMap<>());
    }

    /** One level of the document; what was asked for is taken out, so that the rest is unknown. */
    private final class Node {

        private final String path;
        private final Map<String, Object> entries;
        private final List<String> known = new ArrayList<>();

        Node(String path, Map<String, Object> entries) {
            this.path = path;
            this.entries = entries;
        }

        private String at(String key) {
            return path.isEmpty() ? key : path + "." + key;
        }

        private Object take(String key) {
            known.add(key);
            return entries.remove(key);
        }

        Node map(String key) {
            return SettingsReader.this.map(at(key), take(key));
        }

        String text(String key, String otherwise, Pattern pattern, String expected) {
            Object value = take(key);
            return accept(key, value, otherwise, "", value instanceof String text && pattern.matcher(text).matches(), expected);
        }

        List<String> texts(String key) {
            Object value = take(key);
            boolean fits = value instanceof List<?> list && list.stream().allMatch(String.class::isInstance);
            return List.copyOf(accept(key, value, List.<String>of(), List.of(), fits, "a list of texts"));
        }

        int number(String key, Integer otherwise, int least, int most) {
            Object value = take(key);
            boolean fits = value instanceof Integer number && number >= least && number <= most;
            return accept(key, value, otherwise, least, fits, "a whole number from " + least + " to " + most);
        }

        boolean truth(String key, boolean otherwise) {
            Object value = take(key);
            return accept(key, value, otherwise, otherwise, value instanceof Boolean, "true or false");
        }

        long duration(String key, long otherwise) {
            Object value = take(key);
            if (value == null) {
                return otherwise;
            }
            Matcher matcher = DURATION.matcher(value.toString());
            if (!matcher.matches() || Long.parseLong(matcher.group(1)) == 0) {
                problem(at(key), value, "a duration such as 200ms or 4s");
                return otherwise;
            }
            return Long.parseLong(matcher.group(1)) * Timings.MS * (matcher.group(2).equals("s") ? 1000 : 1);
        }

        /** A duration that is a limit; 0 for none, if the key is absent or empty. */
        long limit(String key) {
            if ("".equals(entries.get(key))) {
                take(key);
                return 0;
            }
            return duration(key, 0);
        }

        <E extends Enum<E>> E oneOf(String key, Class<E> type, E otherwise) {
            Object value = take(key);
            List<String> words = new ArrayList<>();
            for (E constant : type.getEnumConstants()) {
                String word = word(constant);
                if (word.equals(value)) {
                    return constant;
                }
                words.add(word);
            }
            return accept(key, value, otherwise, otherwise, false, String.join(" or ", words));
        }

        Map<String, String> labels(String key) {
            Node labels = map(key);
            Map<String, String> found = new LinkedHashMap<>();
            labels.entries.forEach((label, value) -> {
                if (LABEL_KEY.matcher(label).matches() && value instanceof String text
                        && (text.isEmpty() || LABEL_VALUE.matcher(text).matches())) {
                    found.put(label, text);
                } else {
                    problem(labels.at(label), value, "a label's key and value");
                }
            });
            return Collections.unmodifiableMap(found);
        }

        @SuppressWarnings("unchecked")
        private <T> T accept(String key, Object value, T otherwise, T neutral, boolean fits, String expected) {
            if (fits) {
                return (T) value;
            }
            if (value == null && otherwise != null) {
                return otherwise;
            }
            problem(at(key), value, expected);
            return neutral;
        }

        void nothingElse() {
            entries.forEach((key, value) -> problem(at(key), value, "no such key; known are " + String.join(", ", known)));
        }
    }
}
