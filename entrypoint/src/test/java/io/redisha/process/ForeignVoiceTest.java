package io.redisha.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ForeignVoiceTest {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private static InputStream text(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void passesOnEveryByteToWhereItWasMeantToGo() {
        String said = "x".repeat(20_000) + "\n\n\tä {\"a\": 1}\r\nno end";

        ForeignVoice voice = new ForeignVoice(text(said), out, text("error\n"), err);
        voice.finish();

        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo(said);
        assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo("error\n");
    }

    @Test
    void remembersTheLastLinesAndNoEmptyOnes() {
        ForeignVoice voice = new ForeignVoice(text("a\n\n  b  \n" + "c\n".repeat(18) + "\nlast"), out, text(""), err);
        voice.finish();

        assertThat(voice.words()).hasSize(20).startsWith("b").endsWith("c", "last");
    }
}
