package io.redisha.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@link SettingsReader} makes of the settings of a pod's own revision, and of the release's beside them. */
class PodSettingsTest {

    @TempDir
    Path directory;

    private Settings read(String own, String release) throws Invalid, IOException {
        Files.writeString(directory.resolve("release.yaml"), release);
        return SettingsReader.read(Files.writeString(directory.resolve("settings.yaml"), own));
    }

    private static String without(String yaml, String... counts) {
        String rest = yaml;
        for (String count : counts) {
            assertThat(rest).contains(count);
            rest = rest.replace(count, "");
        }
        return rest;
    }

    @Test
    void keepsItsVolumeWhenTheReleaseHasNoneAnyMore() throws Invalid, IOException {
        String release = SettingsReaderTest.WHOLE.replace("persistence: {enabled: true}", "persistence: {enabled: false}")
                .replace("durability: relaxed", "durability: strict").replace("redis: 6379", "redis: 6380");

        Settings settings = read(without(SettingsReaderTest.WHOLE, "replicas: 3\n"), release);

        assertThat(settings).isEqualTo(SettingsReader.parse(SettingsReaderTest.WHOLE));
    }

    @Test
    void knowsHowManyThereAreToBeFromTheRelease() throws Invalid, IOException {
        Settings settings = read(without(SettingsReaderTest.WHOLE, "replicas: 3\n"), SettingsReaderTest.WHOLE.replace("replicas: 3\n", "replicas: 5\n"));

        assertThat(settings.podNames()).hasSize(5);
    }

    @Test
    void takesTheShapeOfAClusterFromTheRelease() throws Invalid, IOException {
        String release = ClusterSettingsTest.WHOLE.replace("replicas: 6", "replicas: 12").replace("shards: 3, replicasPerShard: 1", "shards: 4, replicasPerShard: 2")
                .replace("nodeTimeout: 2s", "nodeTimeout: 9s");

        Settings settings = read(without(ClusterSettingsTest.WHOLE, "replicas: 6\n", "shards: 3, replicasPerShard: 1, "), release);

        assertThat(settings.replicas()).isEqualTo(12);
        assertThat(settings.cluster().shards()).isEqualTo(4);
        assertThat(settings.cluster().replicasPerShard()).isEqualTo(2);
        assertThat(settings.cluster().nodeTimeout()).isEqualTo(2_000_000_000L);
    }

    @Test
    void takesTheNumberOfSentinelsFromTheReleaseThoughItsOwnQuorumIsGreater() throws Invalid, IOException {
        String own = without(SentinelSettingsTest.WHOLE, "replicas: 3\n", "replicas: 5, ").replace("quorum: 2", "quorum: 5");

        Settings settings = read(own, SentinelSettingsTest.WHOLE.replace("replicas: 5", "replicas: 3"));

        assertThat(settings.replicas()).isEqualTo(3);
        assertThat(settings.sentinel().replicas()).isEqualTo(3);
        assertThat(settings.sentinel().quorum()).isEqualTo(5);
    }

    @Test
    void waitsForNoMorePeersThanTheReleaseIsToHave() throws Invalid, IOException {
        String own = without(PeersSettingsTest.WHOLE, "replicas: 5\n");

        assertThat(read(own, PeersSettingsTest.WHOLE.replace("replicas: 5", "replicas: 2").replace("minPeers: 2", "minPeers: 1")).peers().minPeers()).isEqualTo(1);
        assertThat(read(own, PeersSettingsTest.WHOLE).peers().minPeers()).isEqualTo(2);
    }

    @Test
    void asksTheReleaseForNothingElse() throws Invalid, IOException {
        assertThat(read(without(SettingsReaderTest.WHOLE, "replicas: 3\n"), "replicas: 2\nfromTheFuture: {a: b}\n").replicas()).isEqualTo(2);
    }

    @Test
    void tellsThatTheReleaseDoesNotSayHowManyThereAreToBe() {
        Invalid invalid = catchThrowableOfType(Invalid.class, () -> read(without(SettingsReaderTest.WHOLE, "replicas: 3\n"), "architecture: replication\n"));

        assertThat(invalid.problems()).containsExactly("replicas: given nothing, expected a whole number from 1 to 1000");
    }

    @Test
    void namesTheFileThatIsNoYaml() {
        Invalid invalid = catchThrowableOfType(Invalid.class, () -> read(without(SettingsReaderTest.WHOLE, "replicas: 3\n"), "a: [\n"));

        assertThat(invalid.problems()).singleElement().asString().startsWith("release.yaml: line ");
    }
}
