package io.redisha.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redisha.loop.Health;
import java.util.Map;

/** The release at one moment, as one pod sees it: what the probes and {@code status} read. */
interface Page {

    Health health();

    /** This pod's name. */
    String pod();

    /** What this pod says of itself. */
    ObjectNode self();

    /** Where the other pods' agents are, by pod. */
    Map<String, String> others();

    /** Who is what. @param fresh what the others said of themselves just now; who did not is shown as this pod last heard of it */
    Report report(Map<String, JsonNode> fresh);
}
