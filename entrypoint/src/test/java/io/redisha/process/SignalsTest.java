package io.redisha.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

@Timeout(20)
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "needs a POSIX shell, and signals")
class SignalsTest {

    private static final int WINCH = 28;

    @Test
    void sendsAnySignalToAnyProcess() throws Exception {
        Process child = new ProcessBuilder("sh", "-c", "trap 'exit 7' WINCH; echo ready; while true; do sleep 0.05; done").start();
        child.getInputStream().read();

        Signals.send(child.pid(), WINCH);

        assertThat(child.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(child.exitValue()).isEqualTo(7);
    }

    @Test
    void takesSignalsThatThisProcessIsSentAndLeavesJavaItsOwn() throws Exception {
        BlockingQueue<Integer> taken = new LinkedBlockingQueue<>();

        Signals.take(List.of("QUIT", "WINCH"), taken::add);
        Signals.send(ProcessHandle.current().pid(), WINCH);

        assertThat(taken.poll(10, TimeUnit.SECONDS)).isEqualTo(WINCH);
    }
}
