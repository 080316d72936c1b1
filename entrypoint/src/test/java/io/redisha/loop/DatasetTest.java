package io.redisha.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.model.Address;
import io.redisha.model.Data;
import io.redisha.model.Misconf;
import io.redisha.model.Role;
import io.redisha.model.ServerInfo;
import io.redisha.model.ServerInfo.Aof;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DatasetTest {

    private final Dataset dataset = new Dataset(Data.NONE);

    @BeforeEach
    void inSync() {
        see(info("master", 100, false, false, true));
        assertThat(dataset.data().restored()).isFalse();
    }

    /** A master that was restarted, and not promoted again yet, refuses. */
    @Test
    void isInMemoryYetWhenASyncIsAskedForAndRefused() {
        see(info("master", 1, true, false, false));
        assertThat(dataset.data()).isEqualTo(new Data("d", 3, "master", "", -1, 100, true, false));
        dataset.see(info("master", 1, false, false, false));
        dataset.goesOn(info("master", 1, false, false, false));
        assertThat(dataset.data()).as("INFO has no offset of it any more").isEqualTo(new Data("d", 3, "master", "", -1, 100, true, false));
    }

    /** The server has cut off an end of its files. */
    @Test
    void lacksAnEndUntilItIsTheMastersAgain() {
        dataset.torn();
        assertThat(dataset.data().torn()).as("what is in memory is in sync").isFalse();
        dataset.gone();
        dataset.torn();
        assertThat(dataset.data()).isEqualTo(new Data("d", 3, "master", "", -1, 100, true, true, true));
        assertThat(dataset.problem()).startsWith("the server could not read the end of its AOF");
        dataset.gone();
        assertThat(dataset.onDisk().torn()).as("the next process finds nothing to cut off").isTrue();
        see(info("master", 200, false, false, true));
        assertThat(dataset.data().torn()).isFalse();
        dataset.gone();
        assertThat(dataset.data()).isEqualTo(new Data("d", 3, "master", "", -1, 200, true, true));
    }

    @Test
    void isGoneOnceAnotherLoads() {
        see(info("master", 1, true, true, false));
        assertThat(dataset.data().complete()).isFalse();
        assertThat(dataset.data().restored()).isTrue();
    }

    @Test
    void isWhatTheDiskSaysAfterARestart() {
        dataset.gone();
        assertThat(dataset.data()).isEqualTo(new Data("d", 3, "master", "", -1, 100, true, true));
    }

    /** Finding R3: its AOF is still the one from before the sync, and all pods lose their power. */
    @Test
    void isNotWholeOnDiskBeforeTheAofIsRewrittenAfterASync() {
        see(info("other", 1, true, true, false, Aof.OFF));
        see(info("other", 500, false, false, true, Aof.REWRITING));
        assertThat(dataset.data()).as("in memory").isEqualTo(new Data("d", 3, "other", "", -1, 500, true, false));
        assertThat(dataset.onDisk()).isEqualTo(new Data("d", 3, "other", "", -1, 500, false, false));
        see(info("other", 600, false, false, true, Aof.WHOLE));
        assertThat(dataset.onDisk().complete()).isTrue();
        see(info("other", 700, false, false, true, Aof.REWRITING));
        assertThat(dataset.onDisk().complete()).as("a later rewrite leaves the old AOF in force, which has all").isTrue();
    }

    @Test
    void isNotWholeOnDiskBetweenASyncAndItsRewrite() {
        see(info("master", 200, false, false, true, Aof.WHOLE));
        see(info("other", 1, true, true, false, Aof.OFF));
        see(info("other", 500, false, false, true, Aof.OFF));
        assertThat(dataset.onDisk().complete()).as("none is written yet").isFalse();
    }

    /** It goes on in memory (rule H7). */
    @Test
    void isNotWholeOnDiskWhileAReplicasAofCannotBeWritten() {
        see(info("master", 200, false, false, true, Aof.WHOLE).misconf(Misconf.AOF));
        assertThat(dataset.onDisk().complete()).isFalse();
        assertThat(dataset.data().complete()).as("in memory").isTrue();
        see(info("master", 300, false, false, true, Aof.WHOLE));
        assertThat(dataset.onDisk().complete()).as("what was kept has been written").isTrue();
    }

    @Test
    void isWholeOnDiskWithoutAnAof() {
        see(info("other", 1, true, true, false, Aof.OFF));
        see(info("other", 500, false, false, true, Aof.OFF));
        assertThat(dataset.onDisk().complete()).isTrue();
    }

    /** Nothing has changed before the first byte is loaded. */
    @Test
    void isWholeOnDiskWhileASyncIsTransferred() {
        see(info("other", 1, true, false, false, Aof.WHOLE));
        assertThat(dataset.onDisk().complete()).isTrue();
    }

    @Test
    void isNotWholeOnDiskAfterASyncBetweenTwoLooks() {
        see(info("other", 500, false, false, true, Aof.REWRITING));
        assertThat(dataset.onDisk().complete()).isFalse();
    }

    @Test
    void isWhatTheDiskSaysAlsoWhenTheServerDiesBeforeTheAofIsRewritten() {
        see(info("other", 1, true, true, false, Aof.OFF));
        see(info("other", 500, false, false, true, Aof.REWRITING));
        dataset.gone();
        assertThat(dataset.data()).isEqualTo(new Data("d", 3, "other", "", -1, 500, false, true));
    }

    @Test
    void ofAMasterThatWasSyncedAMomentAgoIsNotWholeOnDiskEither() {
        see(info("other", 1, true, true, false, Aof.OFF));
        ServerInfo master = info("other", 500, false, false, true, Aof.REWRITING);
        see(master);
        dataset.leads("d", 4, master);
        assertThat(dataset.data().complete()).isTrue();
        assertThat(dataset.onDisk().complete()).isFalse();
    }

    @Test
    void saysWhenItsDiskStaysBehind() {
        see(info("other", 1, true, true, false, Aof.OFF));
        see(info("other", 500, false, false, true, Aof.REWRITING));
        assertThat(dataset.problem()).isNull();
        see(info("other", 500, false, false, true, Aof.FAILED));
        assertThat(dataset.problem()).contains("the AOF could not be rewritten");
        see(info("other", 500, false, false, true, Aof.WHOLE));
        assertThat(dataset.problem()).isNull();
    }

    private void see(ServerInfo info) {
        dataset.see(info);
        dataset.follows("d", 3, info);
    }

    private static ServerInfo info(String replid, long offset, boolean syncing, boolean loading, boolean linkUp) {
        return info(replid, offset, syncing, loading, linkUp, Aof.OFF);
    }

    private static ServerInfo info(String replid, long offset, boolean syncing, boolean loading, boolean linkUp, Aof aof) {
        return new ServerInfo("run", Role.REPLICA, replid, "", offset, -1, loading, syncing, linkUp, false, 100, new Address("10.0.0.1", 6379), 0, 0, aof);
    }
}
