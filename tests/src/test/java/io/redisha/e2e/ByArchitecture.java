package io.redisha.e2e;

import java.util.Comparator;
import org.junit.jupiter.api.ClassDescriptor;
import org.junit.jupiter.api.ClassOrderer;
import org.junit.jupiter.api.ClassOrdererContext;

/** One architecture after the other, each with its releases alone, and in the same order on every machine. */
public final class ByArchitecture implements ClassOrderer {

    @Override
    public void orderClasses(ClassOrdererContext context) {
        context.getClassDescriptors().sort(Comparator.comparing(ClassDescriptor::getTestClass, Comparator.comparing(ByArchitecture::of).reversed().thenComparing(Class::getSimpleName)));
    }

    /** The package says it, and so does the class's tag. */
    static String of(Class<?> test) {
        String path = test.getPackageName();
        return path.substring(path.lastIndexOf('.') + 1);
    }
}
