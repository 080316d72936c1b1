package io.redisha.process;

import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * What a program that we know nothing of says: passed on as it is, so that whoever reads the container's output finds what he would find
 * without us. Line by line, because our own lines come between.
 */
final class ForeignVoice extends Voice {

    private static final int LONGEST = 8192;

    private final Thread out;
    private final Thread err;

    ForeignVoice(Process process) {
        this(process.getInputStream(), new FileOutputStream(FileDescriptor.out), process.getErrorStream(), new FileOutputStream(FileDescriptor.err));
    }

    ForeignVoice(InputStream out, OutputStream toOut, InputStream err, OutputStream toErr) {
        this.out = listen(out, "program-output", from -> pass(from, toOut));
        this.err = listen(err, "program-errors", from -> pass(from, toErr));
    }

    @Override
    void finish() {
        finish(out);
        finish(err);
    }

    private void pass(InputStream from, OutputStream to) throws IOException {
        byte[] bytes = new byte[LONGEST];
        ByteArrayOutputStream line = new ByteArrayOutputStream(256);
        for (int count = from.read(bytes); count >= 0; count = from.read(bytes)) {
            int start = 0;
            for (int i = 0; i < count; i++) {
                if (bytes[i] == '\n') {
                    line.write(bytes, start, i + 1 - start);
                    start = i + 1;
                    say(line, to);
                }
            }
            line.write(bytes, start, count - start);
            if (line.size() >= LONGEST) {
                say(line, to);
            }
        }
        say(line, to);
    }

    private void say(ByteArrayOutputStream line, OutputStream to) throws IOException {
        String text = line.toString(StandardCharsets.UTF_8).strip();
        if (!text.isEmpty()) {
            remember(text);
        }
        line.writeTo(to);
        to.flush();
        line.reset();
    }
}
