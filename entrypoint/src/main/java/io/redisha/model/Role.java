package io.redisha.model;

/** What Redis itself says it is. Not to be confused with the leader, which is what the Lease says. */
public enum Role { MASTER, REPLICA }
