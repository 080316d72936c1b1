package io.redisha.e2e;

import io.redisha.lab.Cluster;
import io.redisha.lab.ClusterRelease;
import io.redisha.lab.Lab;
import io.redisha.lab.PeersRelease;
import io.redisha.lab.Release;
import io.redisha.lab.SentinelRelease;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** A namespace of a test's own, gone after it, with a directory for what it leaves to read. */
public record Scene(Lab lab, Cluster cluster, String namespace, Path directory) {

    public static final String EVERYTHING = "all,configmaps,secrets,serviceaccounts,roles,rolebindings,leases,endpointslices,jobs,networkpolicies,poddisruptionbudgets,pvc";
    /** Made by Kubernetes in every namespace. */
    private static final Set<String> ALWAYS = Set.of("configmap/kube-root-ca.crt", "serviceaccount/default");

    public Release release(String name) {
        Release release = new Release(lab, cluster, namespace, name);
        return release;
    }

    /** Of architecture cluster: three shards with a replica each unless it is told otherwise. */
    public ClusterRelease cluster(String name) {
        return new ClusterRelease(release(name), 3, 1);
    }

    /** Of architecture sentinel; to be installed as such. */
    public SentinelRelease sentinel(String name) {
        return new SentinelRelease(lab, cluster, namespace, name);
    }

    /** Of architecture peers; values is a file of tests/lab/peers. */
    public PeersRelease peers(String name, String values, int size) {
        return new PeersRelease(release(name).with(PeersRelease.file(values)), size);
    }

    /** What is in the namespace, as kind/name. */
    public List<String> left() {
        return cluster.kubectl("-n", namespace, "get", EVERYTHING, "-o", "name").orThrow().out().lines()
                .map(name -> name.replaceFirst("\\.[a-z0-9.]*/", "/"))
                .filter(name -> !ALWAYS.contains(name)).toList();
    }
}
