package io.redisha.e2e;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A release that several test classes use one after the other, whole again before each; installed when the first one asks. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.PARAMETER)
public @interface Shared {

    Kind value() default Kind.PERSISTENT;

    enum Kind {
        PERSISTENT("replication", true),
        EPHEMERAL("replication", false),
        /** Three shards with a replica each: what `helm install --set architecture=cluster` gives. */
        CLUSTER("cluster", true),
        CLUSTER_EPHEMERAL("cluster", false),
        /** Three servers and three sentinels. */
        SENTINEL("sentinel", true),
        SENTINEL_EPHEMERAL("sentinel", false),
        /** A ring of five, and three who join it from outside. */
        PEERS("peers", false);

        private final String architecture;
        private final boolean persistent;

        Kind(String architecture, boolean persistent) {
            this.architecture = architecture;
            this.persistent = persistent;
        }

        String architecture() {
            return architecture;
        }

        boolean isCluster() {
            return architecture.equals("cluster");
        }

        boolean isSentinel() {
            return architecture.equals("sentinel");
        }

        boolean isPeers() {
            return architecture.equals("peers");
        }

        String[] set() {
            return new String[] {"architecture=" + architecture, "persistence.enabled=" + persistent, "persistence.size=1Gi"};
        }
    }
}
