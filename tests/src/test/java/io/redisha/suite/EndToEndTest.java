package io.redisha.suite;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.e2e.Promise;
import io.redisha.lab.Shell;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** That the tags say what they are to, so that no test falls through between them. */
class EndToEndTest {

    @Test
    void isTaggedWithTheArchitectureOfItsPackage() {
        assertThat(EndToEnd.classes()).isNotEmpty().allSatisfy(test -> assertThat(of(test, Affected.ARCHITECTURES)).as(test.getName()).containsExactly(EndToEnd.architecture(test)));
    }

    @Test
    void isOfOneLevelAndOneCost() {
        assertThat(EndToEnd.classes()).allSatisfy(test -> {
            assertThat(of(test, List.of("smoke", "full"))).as("level of " + test.getName()).hasSize(1);
            assertThat(of(test, List.of("together", "alone"))).as("cost of " + test.getName()).hasSize(1);
        });
    }

    @Test
    void isNotOfLevelSmokeIfItTakesLong() {
        assertThat(EndToEnd.smoke().map(Method::getDeclaringClass)).allSatisfy(test -> assertThat(EndToEnd.tags(test)).as(test.getName()).doesNotContain("long"));
    }

    @Test
    void hasSomethingOfLevelSmokeOfEachArchitecture() {
        assertThat(EndToEnd.smoke().map(Method::getDeclaringClass).map(EndToEnd::architecture).collect(Collectors.toSet())).containsExactlyInAnyOrderElementsOf(Affected.ARCHITECTURES);
    }

    @Test
    void triesEachPromiseOfTheReadmeAtLevelSmoke() throws IOException {
        Set<String> tried = EndToEnd.smoke().flatMap(test -> Arrays.stream(test.getAnnotationsByType(Promise.class))).map(Promise::value).collect(Collectors.toSet());
        assertThat(tried).as("promises that a smoke test tries, and the rows of the README's table").containsExactlyInAnyOrderElementsOf(promises());
    }

    private static List<String> promises() throws IOException {
        String readme = Files.readString(Shell.repository().resolve("README.md"));
        String chapter = readme.substring(readme.indexOf("\n## What it promises"));
        return chapter.substring(0, chapter.indexOf("\n## ", 1)).lines().filter(line -> line.matches("\\| *[^ |-].*")).map(line -> line.split("\\|")[1].strip().replace("`", "")).toList();
    }

    private static Set<String> of(Class<?> test, List<String> some) {
        Set<String> tags = new HashSet<>(EndToEnd.tags(test));
        tags.retainAll(some);
        return tags;
    }
}
