package io.redisha.loop;

/** Where Kubernetes Events about this pod go. */
public interface EventSink {

    /**
     * Must not block.
     *
     * @param warning type Warning instead of Normal
     * @param reason  CamelCase
     */
    void emit(boolean warning, String reason, String message);
}
