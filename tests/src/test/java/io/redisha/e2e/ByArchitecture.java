package io.redisha.e2e;

import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.ClassDescriptor;
import org.junit.jupiter.api.ClassOrderer;
import org.junit.jupiter.api.ClassOrdererContext;

/** One architecture after the other, each with its releases alone, and in the same order on every machine. */
public final class ByArchitecture implements ClassOrderer {

    private static final List<String> PREFIXES = List.of("Cluster", "Peers", "Sentinel");

    @Override
    public void orderClasses(ClassOrdererContext context) {
        context.getClassDescriptors().sort(Comparator.comparing(ByArchitecture::architecture).thenComparing(ByArchitecture::name));
    }

    /** Replication's tests have no prefix. */
    private static String architecture(ClassDescriptor test) {
        return PREFIXES.stream().filter(name(test)::startsWith).findFirst().orElse("");
    }

    private static String name(ClassDescriptor test) {
        return test.getTestClass().getSimpleName();
    }
}
