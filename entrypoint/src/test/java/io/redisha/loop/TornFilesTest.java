package io.redisha.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.decide.Scene.Pod;
import io.redisha.model.Data;
import io.redisha.model.ServerView;
import org.junit.jupiter.api.Test;

/** Rule B4. */
class TornFilesTest {

    private final TornFiles files = new TornFiles();
    private final Pod pod = new Pod(0);

    private boolean looks(boolean loading) {
        pod.loading = loading;
        return files.sees(new ServerView(true, pod.server(), 0));
    }

    @Test
    void areWholeUnlessTheServerSaysOtherwise() {
        assertThat(looks(true)).isFalse();
        assertThat(looks(false)).isFalse();
    }

    @Test
    void lackTheirEndUntilTheyAreLoaded() {
        files.cutOff();
        assertThat(looks(true)).isTrue();
        assertThat(looks(true)).isTrue();
        assertThat(looks(false)).as("the first time that it is seen to have loaded them").isTrue();
        assertThat(looks(false)).as("by now it may have a copy of the master's").isFalse();
    }

    /** Killed by its limit of memory, say, while it loads. */
    @Test
    void lackTheirEndAlsoWhenTheServerEndsRightAfterItHasCutThatOff() {
        files.cutOff();
        assertThat(files.sees(ServerView.DEAD)).isTrue();
        assertThat(files.sees(new ServerView(true, null, 0))).as("started, and silent").isTrue();
        assertThat(looks(true)).as("the next one finds nothing to cut off").isTrue();
        assertThat(looks(false)).isTrue();
        assertThat(files.sees(ServerView.DEAD)).as("what is on its disk now is known to the state file").isFalse();
    }

    /** What reaches the state file: the word that the next process, and the next container, goes by. */
    @Test
    void areRememberedAsTheDatasetsOwnLack() {
        Dataset dataset = new Dataset(new Data("set", 5, "A", "", -1, 1000, true, true));
        files.cutOff();
        if (files.sees(ServerView.DEAD)) {
            dataset.torn();
        }
        dataset.gone();
        assertThat(dataset.onDisk().torn()).isTrue();
    }
}
