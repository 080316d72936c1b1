package io.redisha.model;

/** Asks for, and gives, the word that a member's promise has run out (rule V6). */
public record Vote(Identity candidate, long term) {

    public record Reply(boolean granted, long term, MemberState state) {}
}
