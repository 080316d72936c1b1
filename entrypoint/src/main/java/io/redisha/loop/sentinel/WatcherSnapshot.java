package io.redisha.loop.sentinel;

import io.redisha.loop.Health;
import io.redisha.model.SentinelView;
import java.util.List;

/**
 * The last observation of a sentinel pod's agent, for probes, metrics and status.
 *
 * @param own      what the own sentinel says, {@link SentinelView#silent} while it does not
 * @param quorum   as it should be
 * @param wanted   sentinels that are wanted
 * @param others   what the other sentinels say
 * @param problems what a person should know, in words
 */
public record WatcherSnapshot(long at, String pod, boolean ready, String unready, SentinelView own, int quorum, int wanted, List<SentinelView> others,
        List<String> problems) implements Health {}
