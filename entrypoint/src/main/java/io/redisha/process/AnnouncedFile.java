package io.redisha.process;

import io.redisha.kube.KubeExternal;
import io.redisha.model.Address;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The address that was announced last, on the volume. An extra: without it, or with a torn one, the API server is waited for. */
public final class AnnouncedFile implements KubeExternal.Memory {

    private static final Logger LOG = LoggerFactory.getLogger(AnnouncedFile.class);
    private static final int PORTS = 65_535;

    private final Path file;

    public AnnouncedFile(Path directory) {
        this.file = directory.resolve("announced");
    }

    @Override
    public Address last() {
        try {
            String text = Files.readString(file);
            int colon = text.lastIndexOf(':');
            if (colon > 0 && text.endsWith("\n")) {   // else it was cut off
                int port = Integer.parseInt(text.substring(colon + 1).strip());
                return port > 0 && port <= PORTS ? new Address(text.substring(0, colon), port) : null;
            }
        } catch (IOException | NumberFormatException e) {
            LOG.debug("no {}: {}", file, e.getMessage());
        }
        return null;
    }

    @Override
    public void keep(Address address) {
        if (address.equals(last())) {
            return;
        }
        Path beside = file.resolveSibling(file.getFileName() + ".new");
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(beside, address + "\n");
            Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            LOG.warn("{} can't be written, so a restart while the API server is away would have to wait for it: {}", file, e.getMessage());
        }
    }
}
