package io.redisha.suite;

import io.redisha.e2e.Level;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.ReflectionSupport;

/** The end-to-end tests, as they are compiled: what there is of them, without running one. */
final class EndToEnd {

    private EndToEnd() {}

    static List<Class<?>> classes() {
        return ReflectionSupport.findAllClassesInPackage("io.redisha.e2e", type -> !tests(type).isEmpty(), name -> name.endsWith("E2E")).stream()
                .sorted(Comparator.comparing(Class::getName)).toList();
    }

    static List<Method> tests(Class<?> type) {
        return Arrays.stream(type.getDeclaredMethods()).filter(method -> method.isAnnotationPresent(Test.class)).toList();
    }

    /** By its package. */
    static String architecture(Class<?> test) {
        return test.getPackageName().substring(test.getPackageName().lastIndexOf('.') + 1);
    }

    static Set<String> tags(AnnotatedElement element) {
        return AnnotationSupport.findRepeatableAnnotations(element, Tag.class).stream().map(Tag::value).collect(Collectors.toSet());
    }

    /** Of which smoke runs at least one test. */
    static Stream<Method> smoke() {
        return classes().stream().flatMap(type -> tests(type).stream().filter(test -> isSmoke(type) || isSmoke(test)));
    }

    private static boolean isSmoke(AnnotatedElement element) {
        return AnnotationSupport.isAnnotated(element, Level.Smoke.class);
    }
}
