package io.redisha.decide.sentinel;

import io.redisha.model.Address;
import io.redisha.model.MemberId;

/**
 * What the pods of one kind are called towards sentinels: by names that outlive their addresses (rule S3).
 *
 * @param set    the StatefulSet
 * @param suffix what makes a pod's name a host name
 */
public record Hosts(String set, String suffix, int port) {

    public Address of(String pod) {
        return new Address(pod + "." + suffix, port);
    }

    public String pod(int ordinal) {
        return set + "-" + ordinal;
    }

    /** Null for a host that no pod of this set ever has. */
    public String podOf(String host) {
        if (!host.endsWith("." + suffix)) {
            return null;
        }
        String pod = host.substring(0, host.length() - suffix.length() - 1);
        int ordinal = MemberId.ordinal(pod);
        return ordinal >= 0 && pod.equals(pod(ordinal)) ? pod : null;
    }
}
