package io.redisha.e2e;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/** Whose behaviour a class tries: the package it is in says the same, so that the path and {@code make e2e ARCHITECTURE=...} agree. */
public final class Architecture {

    private Architecture() {
    }

    @Target(ElementType.TYPE)
    @Retention(RetentionPolicy.RUNTIME)
    @Tag("replication")
    @ExtendWith(OnCluster.class)
    public @interface Replication {
    }

    @Target(ElementType.TYPE)
    @Retention(RetentionPolicy.RUNTIME)
    @Tag("sentinel")
    @ExtendWith(OnCluster.class)
    public @interface Sentinel {
    }

    @Target(ElementType.TYPE)
    @Retention(RetentionPolicy.RUNTIME)
    @Tag("cluster")
    @ExtendWith(OnCluster.class)
    public @interface Cluster {
    }

    @Target(ElementType.TYPE)
    @Retention(RetentionPolicy.RUNTIME)
    @Tag("peers")
    @ExtendWith(OnCluster.class)
    public @interface Peers {
    }
}
