package io.redisha.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.model.Address;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnnouncedFileTest {

    @TempDir
    Path volume;

    @Test
    void outlivesTheProcess() {
        Path directory = volume.resolve("redis-ha-0");
        assertThat(new AnnouncedFile(directory).last()).isNull();
        new AnnouncedFile(directory).keep(new Address("2001:db8::7", 6379));
        new AnnouncedFile(directory).keep(new Address("2001:db8::7", 6380));
        assertThat(new AnnouncedFile(directory).last()).isEqualTo(new Address("2001:db8::7", 6380));
    }

    @Test
    void believesNothingThatIsTornOrNotThere() throws Exception {
        Path file = volume.resolve("announced");
        for (String text : new String[] {"", "\0\0\0", "198.51.100.9:63", "198.51.100.9:x\n", ":6379\n", "198.51.100.9:70000\n"}) {
            Files.writeString(file, text);
            assertThat(new AnnouncedFile(volume).last()).as(text).isNull();
        }
    }

    @Test
    void doesWithoutAVolumeThatTakesNothing() throws Exception {
        Files.createSymbolicLink(volume.resolve("announced.new"), Path.of("/dev/full"));
        new AnnouncedFile(volume).keep(new Address("198.51.100.9", 6379));
        assertThat(new AnnouncedFile(volume).last()).isNull();
    }
}
