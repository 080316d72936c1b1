package io.redisha.loop.cluster;

import io.redisha.model.Topology;
import java.io.IOException;

/** nodes.conf on the volume, while the server does not run. An {@link IOException} says for a person which file, and what is wrong with the volume. */
public interface NodeFile {

    /** The server would not start with it. */
    final class Corrupt extends Exception {
        private static final long serialVersionUID = 1;

        public Corrupt(String message) {
            super(message);
        }
    }

    /** {@link Topology#NONE} if there is no file. */
    Topology read() throws Corrupt, IOException;

    /** Puts the own address right. */
    void correctAddress() throws IOException;

    /** Without slots, as a replica of that node. */
    void follow(String masterId) throws IOException;

    /** As a sibling knows the cluster, with this id as the own one (rule K3): in the place of what there is, or not at all. */
    void rebuild(Topology seen, String ownId) throws IOException;

    /** For a person, under another name, which it says; what there is stays where it is. */
    String keep() throws IOException;

    /** The next start is that of a new node. */
    void drop() throws IOException;

    /** There is a dataset beside it that the server would load. */
    boolean hasData() throws IOException;
}
