package io.redisha.loop.cluster;

import java.util.Map;

/** Pod labels. No call blocks, and a newer one replaces an older. What is as wanted already costs no request. */
public interface Labels {

    /**
     * @param own    labels of this pod; a null value takes the label away
     * @param others labels of pods that do not look after their own any more, by pod name
     */
    void publish(Map<String, String> own, Map<String, Map<String, String>> others);
}
