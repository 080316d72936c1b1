package io.redisha.loop.cluster;

/** What came of something that a person asked for, in words: what is so now, or why not. */
public record Outcome(boolean done, String text) {}
