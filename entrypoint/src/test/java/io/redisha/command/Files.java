package io.redisha.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redisha.config.Invalid;
import io.redisha.config.PodEnvironment;
import io.redisha.config.Settings;
import io.redisha.config.SettingsReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** What a command finds in its container. */
final class Files {

    private Files() {}

    static String yaml(int redis, int http, int member) {
        return """
                architecture: replication
                name: redis-ha
                replicas: 3
                services: {master: localhost, replicas: localhost, headless: redis-ha-headless}
                ports: {redis: %d, http: %d, member: %d}
                auth: {secretName: redis-ha}
                labels: {selector: {app: redis}}
                """.formatted(redis, http, member);
    }

    static Settings settings(int redis, int http, int member) {
        try {
            return SettingsReader.parse(yaml(redis, http, member));
        } catch (Invalid e) {
            throw new IllegalArgumentException(e);
        }
    }

    static Path settingsIn(Path dir, int redis, int http, int member) throws IOException {
        return java.nio.file.Files.writeString(dir.resolve("settings.yaml"), yaml(redis, http, member));
    }

    static String peersYaml(int http, int port) {
        return """
                architecture: peers
                name: x
                replicas: 3
                services: {headless: x-headless}
                ports: {http: %d}
                labels: {selector: {app: x}}
                peers: {command: [ring], args: ["--me={self}", "--routes={peer}"], argPerPeer: "ring://{host}:{port}", separator: ",", port: %d,
                  hostSuffix: x-headless.ns.svc}
                """.formatted(http, port);
    }

    static Settings peers(int http, int port) {
        try {
            return SettingsReader.parse(peersYaml(http, port));
        } catch (Invalid e) {
            throw new IllegalArgumentException(e);
        }
    }

    static PodEnvironment peer(int ordinal, String ip) throws Invalid {
        return PodEnvironment.read(Map.of("POD_NAME", "x-" + ordinal, "POD_UID", "u", "POD_IP", ip, "POD_NAMESPACE", "ns", "NODE_NAME", "node1")::get);
    }

    static String sentinelYaml(int redis, int http, int member, int sentinel) {
        return """
                architecture: sentinel
                name: redis-ha
                replicas: 3
                services: {master: localhost, replicas: localhost, headless: redis-ha-headless, sentinelHeadless: redis-ha-sentinel-headless}
                ports: {redis: %d, http: %d, member: %d, sentinel: %d}
                auth: {secretName: redis-ha}
                labels: {selector: {app: redis}, sentinelSelector: {app: sentinel}}
                sentinel: {name: redis-ha-sentinel, hostSuffix: redis-ha-headless.ns.svc, sentinelHostSuffix: redis-ha-sentinel-headless.ns.svc}
                """.formatted(redis, http, member, sentinel);
    }

    static Settings sentinel(int redis, int http, int member, int sentinel) {
        try {
            return SettingsReader.parse(sentinelYaml(redis, http, member, sentinel));
        } catch (Invalid e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** What the pods of a whole release with three servers and three sentinels say of themselves: redis-ha-1 is the master. */
    static SortedMap<String, JsonNode> watched() {
        SortedMap<String, JsonNode> answers = new TreeMap<>();
        for (int i = 0; i < 3; i++) {
            boolean master = i == 1;
            answers.put("redis-ha-" + i, JsonNodeFactory.instance.objectNode().put("pod", "redis-ha-" + i).put("role", master ? "master" : "replica")
                    .put("ready", true).put("link", master ? "-" : "up").put("label", master ? "master" : "replica").put("writable", master)
                    .put("names", "redis-ha-1"));
            ObjectNode sentinel = JsonNodeFactory.instance.objectNode().put("pod", "redis-ha-sentinel-" + i).put("ready", true).put("names", "redis-ha-1")
                    .put("epoch", 4).put("quorum", 2).put("replicas", 2).put("sentinels", 2);
            sentinel.putArray("flags").add("master");
            answers.put("redis-ha-sentinel-" + i, sentinel);
        }
        return answers;
    }

    static String clusterYaml(int redis, int http, int member) {
        return """
                architecture: cluster
                name: redis-ha
                replicas: 6
                services: {headless: redis-ha-headless}
                ports: {redis: %d, http: %d, member: %d}
                auth: {secretName: redis-ha}
                labels: {selector: {app: redis}}
                cluster: {shards: 3, replicasPerShard: 1, hostSuffix: redis-ha-headless.ns.svc}
                """.formatted(redis, http, member);
    }

    static Settings cluster(int redis, int http, int member) {
        try {
            return SettingsReader.parse(clusterYaml(redis, http, member));
        } catch (Invalid e) {
            throw new IllegalArgumentException(e);
        }
    }

    static Path clusterIn(Path dir, int redis, int http, int member) throws IOException {
        return java.nio.file.Files.writeString(dir.resolve("settings.yaml"), clusterYaml(redis, http, member));
    }

    /** What the pods of a whole cluster with one replica per shard say of themselves: the first are the masters, redis-ha-1 leads. */
    static SortedMap<String, JsonNode> nodes(int shards) {
        SortedMap<String, JsonNode> nodes = new TreeMap<>(Pods.BY_ORDINAL);
        int pods = 2 * shards;
        for (int i = 0; i < pods; i++) {
            int shard = i % shards;
            boolean master = i < shards;
            int first = (16384 * shard + shards - 1) / shards;
            int last = (16384 * (shard + 1) + shards - 1) / shards - 1;
            ObjectNode row = JsonNodeFactory.instance.objectNode().put("shard", shard).put("pod", "redis-ha-" + i).put("role", master ? "master" : "replica")
                    .put("master", master ? null : "redis-ha-" + shard).put("ready", true).put("slots", master ? first + "-" + last : null)
                    .put("slotCount", master ? last - first + 1 : null).put("link", master ? "-" : "up").put("stateOk", true).put("moving", 0)
                    .put("knows", pods).put("label", master ? "master" : "replica").put("shardLabel", Integer.toString(shard));
            ObjectNode release = row.putObject("release").put("leader", "redis-ha-1").put("term", 3).put("pods", pods);
            if (i == 1) {
                release.put("settled", true).putObject("shape").put("shards", shards).put("replicasPerShard", 1).put("pods", pods);
            }
            release.putArray("problems");
            nodes.put("redis-ha-" + i, row);
        }
        return nodes;
    }

    static Path passwordIn(Path dir) throws IOException {
        return java.nio.file.Files.writeString(dir.resolve("password"), "pw");
    }
}
