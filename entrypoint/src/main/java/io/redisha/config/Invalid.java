package io.redisha.config;

import java.util.List;

/** Everything that is wrong with what the program was given, one sentence each. */
public final class Invalid extends Exception {

    private static final long serialVersionUID = 1;

    private final transient List<String> problems;

    public Invalid(List<String> problems) {
        super(String.join("\n", problems));
        this.problems = List.copyOf(problems);
    }

    public List<String> problems() {
        return problems;
    }
}
