package io.redisha.process;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/** A server's configuration file, which holds the password: for the server alone to read, and never half written. */
public record ConfFile(Path path) {

    public void write(String text) throws IOException {
        Path half = path.resolveSibling(path.getFileName() + ".new");
        Files.deleteIfExists(half);
        Files.createFile(half, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (OutputStream out = Files.newOutputStream(half)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        Files.move(half, path, StandardCopyOption.ATOMIC_MOVE);
    }
}
