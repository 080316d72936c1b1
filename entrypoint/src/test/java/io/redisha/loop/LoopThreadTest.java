package io.redisha.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LoopThreadTest {

    private final LoopThread loop = new LoopThread();
    private final AtomicInteger ticks = new AtomicInteger();
    private final List<Integer> done = new CopyOnWriteArrayList<>();

    @Test
    void runsWhatItIsHandedInOrderAlsoWhatCameBeforeItsStart() {
        loop.execute(() -> done.add(1));
        loop.execute(() -> done.add(2));
        loop.start(ticks::incrementAndGet);
        loop.execute(() -> done.add(3));
        await().untilAsserted(() -> assertThat(done).containsExactly(1, 2, 3));
    }

    @Test
    void ticksAndTasksShareOneThreadThatDoesNotKeepTheProcessAlive() {
        Set<Thread> seen = ConcurrentHashMap.newKeySet();
        loop.start(() -> {
            seen.add(Thread.currentThread());
            ticks.incrementAndGet();
        });
        loop.execute(() -> seen.add(Thread.currentThread()));
        await().until(() -> ticks.get() >= 2);
        assertThat(seen).singleElement().matches(Thread::isDaemon);
    }

    @Test
    void aDefectEndsNeitherTheTicksNorTheTasks() {
        loop.start(() -> {
            if (ticks.incrementAndGet() == 1) {
                throw new IllegalStateException("a defect in a tick, on purpose");
            }
        });
        loop.execute(() -> {
            throw new IllegalStateException("a defect in a task, on purpose");
        });
        loop.execute(() -> done.add(1));
        await().until(() -> ticks.get() >= 3 && done.size() == 1);
    }

    @Test
    void tasksThatKeepComingDoNotHoldTheTicksBack() {
        Runnable[] again = new Runnable[1];
        again[0] = () -> loop.execute(again[0]);
        loop.execute(again[0]);
        loop.start(ticks::incrementAndGet);
        await().until(() -> ticks.get() >= 3);
        again[0] = () -> { };
    }
}
