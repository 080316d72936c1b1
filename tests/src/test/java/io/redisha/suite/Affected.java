package io.redisha.suite;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which tests a change needs, by the list in tests/affected. Run from its source by {@code make affected}, it reads the changed paths, one
 * a line, and prints what to call; it therefore uses nothing but the JDK.
 */
public final class Affected {

    static final List<String> ARCHITECTURES = List.of("replication", "sentinel", "cluster", "peers");
    private static final List<String> PARTS = List.of("unit", "integration", "chart", "e2e", "up", "bench");
    private static final String E2E = "tests/src/test/java/io/redisha/e2e/";

    /** @param tests of PARTS; e2e/ARCHITECTURE with all of that one's tests; "this", the class itself; or nothing */
    record Rule(String glob, PathMatcher matcher, List<String> tests) {

        @Override
        public String toString() {
            return glob;
        }
    }

    private final List<Rule> rules;

    private Affected(List<Rule> rules) {
        this.rules = rules;
    }

    static Affected read(Path list) throws IOException {
        List<Rule> rules = new ArrayList<>();
        for (String line : Files.readAllLines(list)) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            List<String> words = List.of(line.strip().split("\\s+"));
            Rule rule = new Rule(words.getFirst(), FileSystems.getDefault().getPathMatcher("glob:" + words.getFirst()), words.subList(1, words.size()));
            if (rule.tests().isEmpty() || !rule.tests().stream().allMatch(Affected::isTest)) {
                throw new IllegalArgumentException(list + ": \"" + line + "\": given " + rule.tests() + ", expected some of " + PARTS + ", e2e/ with one of "
                        + ARCHITECTURES + ", this; or nothing");
            }
            rules.add(rule);
        }
        return new Affected(rules);
    }

    private static boolean isTest(String word) {
        return PARTS.contains(word) || Set.of("this", "nothing").contains(word) || word.startsWith("e2e/") && ARCHITECTURES.contains(word.substring(4));
    }

    List<Rule> rules() {
        return rules;
    }

    Optional<Rule> rule(String path) {
        return rules.stream().filter(rule -> rule.matcher().matches(Path.of(path))).findFirst();
    }

    /** A path that no line matches may be anything: everything is run. */
    Set<String> tests(List<String> paths) {
        Set<String> tests = new LinkedHashSet<>();
        for (String path : paths) {
            for (String test : rule(path).map(Rule::tests).orElse(List.of("unit", "integration", "chart", "e2e"))) {
                tests.add(test.equals("this") ? path : test);
            }
        }
        tests.remove("nothing");
        return tests;
    }

    /** As typed by a person, cheapest first; what another one of them runs as well is left out. */
    List<String> commands(List<String> paths) {
        Set<String> tests = tests(paths);
        List<String> commands = new ArrayList<>();
        PARTS.stream().filter(tests::contains).filter(part -> !part.equals("e2e")).map(part -> "make " + (part.equals("chart") ? "chart-test" : part)).forEach(commands::add);
        if (tests.contains("e2e")) {
            commands.add("make e2e");
        }
        ARCHITECTURES.stream().filter(architecture -> tests.contains("e2e/" + architecture)).map(architecture -> "make e2e LEVEL=full ARCHITECTURE=" + architecture).forEach(commands::add);
        String classes = tests.stream().filter(test -> test.startsWith(E2E)).map(path -> path.substring(E2E.length()).replace(".java", ""))
                .filter(name -> !tests.contains("e2e/" + name.substring(0, name.indexOf('/')))).sorted().collect(Collectors.joining(","));
        if (!classes.isEmpty()) {
            commands.add("make e2e CLASS=" + classes);
        }
        return commands;
    }

    public static void main(String[] list) throws IOException {
        List<String> paths = Arrays.stream(new String(System.in.readAllBytes(), StandardCharsets.UTF_8).split("\n")).filter(line -> !line.isBlank()).toList();
        read(Path.of(list[0])).commands(paths).forEach(System.out::println);
    }
}
